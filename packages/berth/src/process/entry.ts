// The entry points of a process: read the environment, create the logger, run, exit with a code.
import cluster from "node:cluster";
import { resolve } from "node:path";
import { isatty } from "node:tty";
import type { Logger } from "pino";
import { type BindTarget, readBindTarget } from "../port/bind";
import { fittingWorkers, readResourceLimits } from "./concurrency";
import { readEnvFile } from "./env-file";
import { ConfigError, type ConfigOf, type Environment, readEnvironment } from "./environment";
import { exit } from "./exit";
import { startExtensions } from "./extensions";
import { checkInstallation, readOwnAbout } from "./installation";
import { createLifecycle, type Lifecycle } from "./lifecycle";
import { createLogger, type LoggingOptions } from "./logger";
import { parentGone } from "./parent-shell";
import { createStdout, type LogDestination } from "./stdout";
import { interruptedExitCode, onStopRequest } from "./stop-request";
import { supervise } from "./supervisor";
import { sharePassedSocket, workerId } from "./supervisor-link";
import type * as Terminal from "./terminal";
import type { httpVariables, processVariables } from "./variables";
import { setProcessLogger } from "./work-context";

/**
 * Runs `main` and exits with the code it resolves with; with 1 if the environment is invalid or `main` rejects.
 * A `.env` file in the working directory supplies variables that the environment does not set.
 * If `WEB_CONCURRENCY` asks for several processes, each of them runs `main`, and this one supervises them.
 * @param variables The variables that this process reads; others are not checked.
 * @param logging pino options for every log line.
 */
export async function enter<V extends typeof processVariables>(
  variables: V,
  main: (config: ConfigOf<V>, logger: Logger) => Promise<number>,
  logging?: LoggingOptions,
): Promise<void> {
  const env = orExit(loadEnvironment);
  const config = orExit(() => readEnvironment(variables, env));
  // In a worker of another cluster primary, such as PM2, the port is already shared, and a worker cannot fork workers.
  const isSupervisor = cluster.isPrimary && workersOf(config as ScalingConfig) > 1;
  // A worker reads `.env` itself, because the file may have changed by then.
  if (!isSupervisor) Object.assign(process.env, env);
  const stdout = openStdout();
  process.on("exit", stdout.flush);
  const logger = createLogger(config.LOG_LEVEL, stdout, logging, workerId());
  setProcessLogger(logger);
  // Once for all workers: they load the same files as the supervisor.
  const isWorker = workerId() !== undefined;
  if (!isWorker) checkInstallation(logger);
  const role = isSupervisor ? "supervisor" : isWorker ? "worker" : "single";
  const run = isSupervisor
    ? () =>
        supervise({
          process,
          logger,
          orphaned: parentGone(process),
          readSettings: () =>
            settingsOf(readEnvironment(variables, loadEnvironment()) as ScalingConfig),
        })
    : () => main(config, logger);
  try {
    const end = await startExtensions({ config, logger, role, about: readOwnAbout });
    const code = await run();
    await end();
    await exit(code, logger);
  } catch (err) {
    logger.fatal({ err }, (err as Error).message);
    await exit(1, logger);
  }
}

const STDOUT_FD = 1;

/** Lines of JSON, except on a terminal. */
function openStdout(): LogDestination {
  const stdout = createStdout();
  if (!isatty(STDOUT_FD)) return stdout;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it without a terminal, too
  const { toTerminal } = require("./terminal") as typeof Terminal;
  return toTerminal(stdout, process.env);
}

/** The variables of a process that binds a port, whatever its protocol. */
export type PortVariables = Pick<
  typeof httpVariables,
  "LOG_LEVEL" | "PORT" | "HOST" | "REUSE_PORT" | "DRAIN_DELAY_MS" | "SHUTDOWN_TIMEOUT_MS"
>;

/** What `serve` gives to `main`. */
export interface ServiceProcess<Config> extends Pick<Lifecycle, "draining" | "run"> {
  config: Config;
  logger: Logger;
  /** `PORT`, or the socket that systemd has passed. */
  target: BindTarget;
}

/**
 * `enter` for a process that binds a port.
 * @param main Builds the services and ends with `run`, which binds them, serves until a stop is requested, and drains.
 * @param logging pino options for every log line.
 */
export const serve = <V extends PortVariables>(
  variables: V,
  main: (process: ServiceProcess<ConfigOf<V>>) => Promise<number>,
  logging?: LoggingOptions,
): Promise<void> => {
  const runMain = (config: ConfigOf<V>, logger: Logger): Promise<number> => {
    const { draining, run } = createLifecycle({
      process,
      logger,
      orphaned: parentGone(process),
      drainDelayMs: config.DRAIN_DELAY_MS,
      shutdownTimeoutMs: config.SHUTDOWN_TIMEOUT_MS,
    });
    const target = readBindTarget(config, process.env, process.pid);
    return main({ config, logger, target, draining, run });
  };
  return enter(variables, runMain, logging);
};

/**
 * Runs a process that does its work and exits, such as a release or a scheduled job: with 0 once `work` resolves, with 1
 * if it rejects, and as soon as a stop is requested with the exit code of the signal (143 for SIGTERM).
 * @param consequence What a stop means for the work: completes the log line "SIGTERM received, …".
 */
export const runOnce = <V extends typeof processVariables>(
  variables: V,
  work: (process: { config: ConfigOf<V>; logger: Logger }) => Promise<unknown>,
  consequence: string,
): Promise<void> =>
  enter(variables, (config, logger) => {
    const orphaned = parentGone(process);
    const stop = onStopRequest({ process, logger, orphaned, consequence });
    return Promise.race([
      work({ config, logger }).then(() => 0),
      stop.requested.then(interruptedExitCode),
    ]);
  });

/**
 * The environment, with `.env` for what it does not set.
 * @throws ConfigError if there is a `.env` that cannot be read.
 */
function loadEnvironment(): Environment {
  const env = { ...readEnvFile(resolve(".env")), ...process.env };
  return sharePassedSocket(env, process);
}

/** Unset in processes that bind no port. */
type ScalingConfig = Partial<
  ConfigOf<Pick<typeof httpVariables, "WEB_CONCURRENCY" | "SHUTDOWN_TIMEOUT_MS">>
>;

const workersOf = ({ WEB_CONCURRENCY: workers = 1 }: ScalingConfig): number =>
  workers === "auto" ? fittingWorkers(readResourceLimits()) : workers;

const settingsOf = (config: ScalingConfig) => ({
  workers: workersOf(config),
  shutdownTimeoutMs: config.SHUTDOWN_TIMEOUT_MS ?? 0,
});

function orExit<T>(read: () => T): T {
  try {
    return read();
  } catch (err) {
    if (!(err instanceof ConfigError)) throw err;
    process.stderr.write(`Invalid environment variables:\n${err.message}\n`);
    process.exit(1);
  }
}
