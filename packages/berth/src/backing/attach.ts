// Attaches backing services: each entry provides what features use, a readiness check and how to close it.
import type { Logger } from "pino";

/** An attached backing service. */
export interface BackingService<Use = unknown> {
  /** The value that features receive under the entry's name. */
  use: Use;
  /** The check of `/readyz`: resolves if the service can be used, rejects otherwise. */
  check: () => Promise<unknown>;
  /** Whether the process is not ready without it; `/readyz` only reports the state of an optional one. */
  isRequired: boolean;
  /** The most connections that one process opens to it, if limited. */
  maxConnections?: number;
  /** Closes it; called after the last request. */
  close: () => Promise<void>;
}

/** The argument of an entry. */
export interface AttachOptions<Config> {
  config: Config;
  logger: Logger;
  /** This service's name as the backing service shows it, such as in `pg_stat_activity`. */
  name: string;
}

/**
 * Entries by the name that features, `/readyz` and the log use. Each returns without waiting, as the service may be down.
 * An entry that returns undefined attaches nothing.
 */
export type BackingServices<Config> = Readonly<
  Record<string, (options: AttachOptions<Config>) => BackingService | undefined>
>;

/** The values that features receive from these entries. */
export type Attached<Entries extends BackingServices<never>> = {
  readonly [Name in keyof Entries]: UseOf<ReturnType<Entries[Name]>>;
};

type UseOf<S extends BackingService | undefined> = S extends BackingService ? S["use"] : undefined;

/** The attached services of a process. */
export interface Attachment<Services> {
  services: Services;
  /** By name, in the order of attaching. */
  attached: Readonly<Record<string, BackingService>>;
}

/**
 * Attaches every entry, in order.
 * @throws Error that names the entry that failed; the ones before it are closed.
 */
export function attachServices<Config, Entries extends BackingServices<Config>>(
  entries: Entries,
  options: AttachOptions<Config>,
): Attachment<Attached<Entries>> {
  const attached: Record<string, BackingService> = {};
  const services: Record<string, unknown> = {};
  for (const [name, attach] of Object.entries(entries)) {
    try {
      const service = attach(options);
      services[name] = service?.use;
      if (service) attached[name] = service;
    } catch (err) {
      for (const { close } of Object.values(attached)) void close().catch(() => undefined);
      const reason = err instanceof Error ? err.message : String(err);
      throw new Error(`The ${name} cannot be attached: ${reason}`, { cause: err });
    }
  }
  return { services: services as Attached<Entries>, attached };
}
