// The entry point of a worker process.
import type { Logger } from "pino";
import type { ConfigOf } from "../process/environment";
import type { Resource } from "../process/lifecycle";
import type { LoggingOptions } from "../process/logger";
import { enterBackground } from "../process/until-stopped";
import type { jobVariables } from "./variables";
import { createJobWorker, type WorkerOptions } from "./worker";

/** The argument of `main`. */
export interface WorkerProcess<Config> {
  config: Config;
  logger: Logger;
  /** Aborted when the process starts to drain. */
  draining: AbortSignal;
}

/** The handlers and services of a worker process. */
export interface Work extends Pick<WorkerOptions, "handlers" | "cron"> {
  /** The backing services of handlers; closed once the jobs have ended. */
  attached: Readonly<Record<string, Resource>>;
}

/**
 * Runs jobs until a stop is requested (SIGTERM, SIGINT). Then running jobs have up to `SHUTDOWN_TIMEOUT_MS`; those that have not
 * ended shortly before are handed back, so that another worker runs them at once. Exits with 0, or with 1 after an uncaught error
 * or if `main` throws.
 * @param main Attaches the services of the handlers.
 * @param logging pino options for every log line.
 */
export const runWorker = <V extends typeof jobVariables>(
  variables: V,
  main: (process: WorkerProcess<ConfigOf<V>>) => Work,
  logging?: LoggingOptions,
): Promise<void> =>
  enterBackground(
    variables,
    (config, logger, { draining, run }) => {
      const { attached, handlers, cron } = main({ config, logger, draining });
      return run([createJobWorker({ config, logger, handlers, cron })], attached);
    },
    logging,
  );
