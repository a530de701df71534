// Attaches backing services: each is one entry, from which come what features use, its readiness check and its end.
import type { Logger } from "pino";

/** A backing service that is attached. */
export interface BackingService<Use = unknown> {
  /** What features get under the entry's name. */
  use: Use;
  /** Resolves when the service can be used, rejects when not: what `/readyz` asks. */
  check: () => Promise<unknown>;
  /** Whether this process is not ready without it; an optional one is only reported. */
  isRequired: boolean;
  /** The most connections that one process opens to it, where that is limited. */
  maxConnections?: number;
  /** Called once the last request is done. */
  close: () => Promise<void>;
}

/** What an entry is attached with. */
export interface AttachOptions<Config> {
  config: Config;
  logger: Logger;
  /** The name that this service has for the other side, such as PostgreSQL's list of connections. */
  name: string;
}

/**
 * Entries by the name that features, `/readyz` and the log use. Each returns at once: the other side may be away. One that
 * returns undefined attaches nothing.
 */
export type BackingServices<Config> = Readonly<
  Record<string, (options: AttachOptions<Config>) => BackingService | undefined>
>;

/** What features get of these entries. */
export type Attached<Entries extends BackingServices<never>> = {
  readonly [Name in keyof Entries]: UseOf<ReturnType<Entries[Name]>>;
};

type UseOf<S extends BackingService | undefined> = S extends BackingService ? S["use"] : undefined;

/** All that a process needs of its backing services. */
export interface Attachment<Services> {
  services: Services;
  /** In the order in which they were attached, by name. */
  attached: Readonly<Record<string, BackingService>>;
}

/**
 * Attaches every entry, in its order.
 * @throws Error naming the entry that failed; those before it are closed.
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
