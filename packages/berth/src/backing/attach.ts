// Attaches backing services. Each has what features use, a readiness check and a function that closes it.
import type { Logger } from "pino";

/** An attached backing service. */
export interface BackingService<Use = unknown> {
  /** What features receive under the entry's name, such as a database. */
  use: Use;
  /** The readiness check: resolves if the service can be used, rejects otherwise. */
  check: () => Promise<unknown>;
  /** Whether the process needs it to be ready; `/readyz` only reports the state of an optional one. */
  isRequired: boolean;
  /** The most connections that one process opens to it, if there is a limit. */
  maxConnections?: number;
  /** Closes it; called after the last request. */
  close: () => Promise<void>;
}

/** The argument of an entry. */
export interface AttachOptions<Config> {
  config: Config;
  logger: Logger;
  /** The name by which the backing service knows this process, as in `pg_stat_activity`. */
  name: string;
}

/**
 * Entries by the name that features, `/readyz` and the log use. An entry does not wait for a connection, as its service may
 * be down; one that returns undefined attaches nothing.
 */
export type BackingServices<Config> = Readonly<
  Record<string, (options: AttachOptions<Config>) => BackingService | undefined>
>;

/** What features receive: the `use` of each entry. */
export type Attached<Entries extends BackingServices<never>> = {
  readonly [Name in keyof Entries]: UseOf<ReturnType<Entries[Name]>>;
};

type UseOf<S extends BackingService | undefined> = S extends BackingService ? S["use"] : undefined;

/** The attached services of a process. */
export interface Attachment<Services> {
  /** What features receive, by name. */
  services: Services;
  /** The backing services themselves, for the readiness check and shutdown; in the order of attaching. */
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
