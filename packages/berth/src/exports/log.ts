// The log.
export { log } from "../process/log";
export { createLogger, type LoggingOptions } from "../process/logger";
