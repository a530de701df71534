// Passes graphile-worker's messages on to the log, except those that the worker's own lines replace.
import type { LogFunctionFactory } from "graphile-worker";
import type { Logger } from "pino";

/** A logger for migrations, whose errors are thrown. */
export const quietLogger: LogFunctionFactory = () => () => undefined;

/** graphile-worker's lines about the end of a job have these fields. */
interface Meta {
  success?: boolean;
  failure?: boolean;
  error?: unknown;
}

/** While the database is not available, graphile-worker logs that repeatedly; the worker logs it once. */
const ABOUT_LISTENING = /notify listener|UNLISTEN/;

/** graphile-worker's errors become warnings: the worker itself logs what fails for good. */
export const libraryLogger =
  (logger: Logger): LogFunctionFactory =>
  () =>
  (level, message, meta: Meta = {}) => {
    if (meta.success || meta.failure) return;
    const isGrave = (level as string) === "error" || (level as string) === "warning";
    const isWarning = isGrave && !ABOUT_LISTENING.test(message);
    logger[isWarning ? "warn" : "debug"]({ err: meta.error }, `graphile-worker: ${message}`);
  };
