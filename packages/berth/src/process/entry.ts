// What every process of this project does first and last: environment, configuration, logger, exit code.
import cluster from "node:cluster";
import { resolve } from "node:path";
import type { Logger } from "pino";
import { fittingWorkers, readAllowance } from "./concurrency";
import { readEnvFile } from "./env-file";
import { ConfigError, type ConfigOf, type Environment, readEnvironment } from "./environment";
import { exit } from "./exit";
import { checkInstallation } from "./installation";
import { setProcessLogger } from "./work-context";
import { createLogger, type LoggingOptions } from "./logger";
import { parentGone } from "./parent-shell";
import { createStdout } from "./stdout";
import { supervise } from "./supervisor";
import { sharePassedSocket, workerId } from "./supervisor-link";
import type { httpVariables, processVariables } from "./variables";

/**
 * Runs a process and exits with the code it resolves with; 1 when the environment is wrong or it rejects.
 * Variables of a `.env` file in the working directory are used where the environment has none.
 * Where `WEB_CONCURRENCY` asks for several, each of them runs `main`, and this process supervises them.
 * @param variables Those that this process needs; what others need is not its business.
 * @param logging What is otherwise in every log line.
 */
export async function enter<V extends typeof processVariables>(
  variables: V,
  main: (config: ConfigOf<V>, logger: Logger) => Promise<number>,
  logging?: LoggingOptions,
): Promise<void> {
  const env = orExit(readFiles);
  const config = orExit(() => readEnvironment(variables, env));
  // Somebody else's worker shares a port already, and cannot have workers.
  const supervises = cluster.isPrimary && workersOf(config as Serving) > 1;
  // What a supervisor has from files its workers shall read themselves: it may be another by then.
  if (!supervises) Object.assign(process.env, env);
  const stdout = createStdout();
  process.on("exit", stdout.flush);
  const logger = createLogger(config.LOG_LEVEL, stdout, logging, workerId());
  setProcessLogger(logger);
  // Its workers load what the supervisor has loaded.
  if (workerId() === undefined) checkInstallation(logger);
  const run = supervises
    ? () =>
        supervise({
          process,
          logger,
          orphaned: parentGone(process),
          readSettings: () => settingsOf(readEnvironment(variables, readFiles()) as Serving),
        })
    : () => main(config, logger);
  try {
    await exit(await run(), logger);
  } catch (err) {
    logger.fatal({ err }, (err as Error).message);
    await exit(1, logger);
  }
}

/**
 * The environment, and beneath it what `.env` says.
 * @throws ConfigError if there is a `.env` that cannot be read.
 */
function readFiles(): Environment {
  const env = { ...readEnvFile(resolve(".env")), ...process.env };
  return sharePassedSocket(env, process);
}

/** What only those have who serve. */
type Serving = Partial<
  ConfigOf<Pick<typeof httpVariables, "WEB_CONCURRENCY" | "SHUTDOWN_TIMEOUT_MS">>
>;

const workersOf = ({ WEB_CONCURRENCY: workers = 1 }: Serving): number =>
  workers === "auto" ? fittingWorkers(readAllowance()) : workers;

const settingsOf = (config: Serving) => ({
  workers: workersOf(config),
  shutdownTimeoutMs: config.SHUTDOWN_TIMEOUT_MS ?? 0,
});

function orExit<T>(read: () => T): T {
  try {
    return read();
  } catch (err) {
    if (!(err instanceof ConfigError)) throw err;
    process.stderr.write(`The environment is not right:\n${err.message}\n`);
    process.exit(1);
  }
}
