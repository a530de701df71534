// A process that works in the background until it is told to stop, and binds no port.
import { parse } from "node:path";
import type { Logger } from "pino";
import type { BackgroundService } from "./background-service";
import { enter } from "./entry";
import type { ConfigOf } from "./environment";
import { createPeriodic, type Periodic } from "./every";
import { createLifecycle, type Lifecycle, type Resource } from "./lifecycle";
import type { LoggingOptions } from "./logger";
import { parentGone } from "./parent-shell";
import type { backgroundVariables } from "./variables";

/** What `runUntilStopped` gives to `main`. */
export interface BackgroundProcess<Config> extends Pick<Periodic, "every"> {
  config: Config;
  logger: Logger;
  /** Aborted when a stop is requested: a loop of your own ends then. */
  signal: AbortSignal;
}

/**
 * Runs a process until a stop is requested (SIGTERM, SIGINT). Then no run of `every` starts any more; those in progress, and
 * `main` itself, have up to `SHUTDOWN_TIMEOUT_MS` to end. Exits with 0; with 1 if that time was exceeded, after an uncaught
 * error, or when `main` rejects.
 * @param main Sets the work up. It may resolve with what to close at the end, such as the `attached` of `attachServices`.
 * @param logging pino options for every log line.
 */
export const runUntilStopped = <V extends typeof backgroundVariables>(
  variables: V,
  main: (
    process: BackgroundProcess<ConfigOf<V>>,
  ) => Promise<Readonly<Record<string, Resource>> | void>,
  logging?: LoggingOptions,
): Promise<void> =>
  enterBackground(
    variables,
    (config, logger, { draining, run }) => {
      const periodic = createPeriodic({ logger });
      const { every } = periodic;
      const { name } = parse(process.argv[1] ?? "work");
      const service = createWork(name, periodic, () =>
        main({ config, logger, signal: draining, every }),
      );
      return run([service]);
    },
    logging,
  );

/** Enters a process that binds no port, with its life cycle. */
export const enterBackground = <V extends typeof backgroundVariables>(
  variables: V,
  main: (config: ConfigOf<V>, logger: Logger, lifecycle: Lifecycle) => Promise<number>,
  logging?: LoggingOptions,
): Promise<void> =>
  enter(
    variables,
    (config, logger) => {
      const lifecycle = createLifecycle({
        process,
        logger,
        orphaned: parentGone(process),
        drainDelayMs: 0,
        shutdownTimeoutMs: config.SHUTDOWN_TIMEOUT_MS,
      });
      return main(config, logger, lifecycle);
    },
    logging,
  );

/** Whatever the work does, and even if it does nothing, the process runs: Node exits when it has nothing to wait for. */
const KEEP_ALIVE_MS = 2 ** 30;

function createWork(
  name: string,
  periodic: Periodic,
  main: () => Promise<Readonly<Record<string, Resource>> | void>,
): BackgroundService {
  let keepAlive: NodeJS.Timeout | undefined;
  let ended: ReturnType<typeof main>;
  return {
    name,
    bind() {
      keepAlive = setInterval(() => undefined, KEEP_ALIVE_MS);
      // A rejection is an uncaught error, which drains the process.
      ended = main();
      return Promise.resolve(undefined);
    },
    beginDrain: () => undefined,
    async drain() {
      clearInterval(keepAlive);
      await periodic.stop();
      // What it rejected with is logged already, as an uncaught error.
      const resources = (await ended.catch(() => undefined)) ?? {};
      for (const resource of Object.values(resources).reverse()) await resource.close();
    },
    destroy: () => undefined,
  };
}
