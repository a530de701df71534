// What every process of this project does first and last: environment, configuration, logger, exit code.
import dotenv from "dotenv";
import type { Logger } from "pino";
import { type Config, ConfigError, readConfig } from "./config";
import { createLogger } from "./logger";
import { exit } from "./port/exit";
import { createStdout } from "./stdout";

/**
 * Runs a process and exits with the code it resolves with; 1 when the environment is wrong or it rejects.
 * Variables of a `.env` file in the working directory are used where the environment has none.
 */
export async function enter(
  main: (config: Config, logger: Logger) => Promise<number>,
): Promise<void> {
  dotenv.config({ quiet: true });
  const config = readConfigOrExit();
  const stdout = createStdout();
  process.on("exit", stdout.flush);
  const logger = createLogger(config.LOG_LEVEL, stdout);
  try {
    await exit(await main(config, logger), logger);
  } catch (err) {
    logger.fatal({ err }, (err as Error).message);
    await exit(1, logger);
  }
}

function readConfigOrExit(): Config {
  try {
    return readConfig(process.env);
  } catch (err) {
    if (!(err instanceof ConfigError)) throw err;
    process.stderr.write(`The environment is not right:\n${err.message}\n`);
    process.exit(1);
  }
}
