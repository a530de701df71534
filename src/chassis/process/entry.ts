// What every process of this project does first and last: environment, configuration, logger, exit code.
import dotenv from "dotenv";
import type { Logger } from "pino";
import { ConfigError, type ConfigOf, readEnvironment } from "./environment";
import { exit } from "./exit";
import { setProcessLogger } from "./log-context";
import { createLogger, type LoggingOptions } from "./logger";
import { createStdout } from "./stdout";
import type { processVariables } from "./variables";

/**
 * Runs a process and exits with the code it resolves with; 1 when the environment is wrong or it rejects.
 * Variables of a `.env` file in the working directory are used where the environment has none.
 * @param variables Those that this process needs; what others need is not its business.
 * @param logging What is otherwise in every log line.
 */
export async function enter<V extends typeof processVariables>(
  variables: V,
  main: (config: ConfigOf<V>, logger: Logger) => Promise<number>,
  logging?: LoggingOptions,
): Promise<void> {
  dotenv.config({ quiet: true });
  const config = readEnvironmentOrExit(variables);
  const stdout = createStdout();
  process.on("exit", stdout.flush);
  const logger = createLogger(config.LOG_LEVEL, stdout, logging);
  setProcessLogger(logger);
  try {
    await exit(await main(config, logger), logger);
  } catch (err) {
    logger.fatal({ err }, (err as Error).message);
    await exit(1, logger);
  }
}

function readEnvironmentOrExit<V extends typeof processVariables>(variables: V): ConfigOf<V> {
  try {
    return readEnvironment(variables, process.env);
  } catch (err) {
    if (!(err instanceof ConfigError)) throw err;
    process.stderr.write(`The environment is not right:\n${err.message}\n`);
    process.exit(1);
  }
}
