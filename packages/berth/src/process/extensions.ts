// Extends the processes that `enter` runs, the supervisor included: with telemetry, for example.
import type { Logger } from "pino";
import type { About } from "./about";

/** The process that is extended. */
export interface ExtendedProcess {
  /** The parsed variables of the process. */
  config: Readonly<Record<string, unknown>>;
  logger: Logger;
  /** Of the service's package.json. */
  about: About;
  /** A supervisor runs no `main`: its workers do, each of them extended as well. */
  role: "single" | "supervisor" | "worker";
}

/**
 * Called once the environment is read, before `main`.
 * @returns A function for the end: after `main`, and so after the drain. It must take no longer than a second.
 */
export type ProcessExtension = (process: ExtendedProcess) => Promise<() => Promise<void>>;

const extensions = new Set<ProcessExtension>();

/** Extends this process; to be called before `enter`, `serve` and the like. */
export const extendProcess = (extension: ProcessExtension): void => void extensions.add(extension);

/**
 * Starts the extensions.
 * @param about Only called if there are any.
 * @returns A function that ends them, in reverse.
 */
export async function startExtensions({
  about,
  ...process
}: Omit<ExtendedProcess, "about"> & { about: () => About }): Promise<() => Promise<void>> {
  const ends: (() => Promise<void>)[] = [];
  for (const extend of extensions) ends.push(await extend({ ...process, about: about() }));
  return async () => {
    for (const end of ends.reverse()) await end();
  };
}
