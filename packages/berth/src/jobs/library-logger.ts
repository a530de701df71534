// Passes graphile-worker's messages on to the process' log, except those that the worker's own lines replace.
import type { LogFunctionFactory } from "graphile-worker";
import type { Logger } from "pino";

/** For migrations, whose errors are thrown. */
export const quietLogger: LogFunctionFactory = () => () => undefined;

/** Its lines about the end of a job have these fields. */
interface Meta {
  success?: boolean;
  failure?: boolean;
  error?: unknown;
}

/** While the database is away, it says so again and again; the worker says it once. */
const ABOUT_LISTENING = /notify listener|UNLISTEN/;

/** What it calls an error is a warning: what fails for good is logged by the worker. */
export const libraryLogger =
  (logger: Logger): LogFunctionFactory =>
  () =>
  (level, message, meta: Meta = {}) => {
    if (meta.success || meta.failure) return;
    const isGrave = (level as string) === "error" || (level as string) === "warning";
    const isWarning = isGrave && !ABOUT_LISTENING.test(message);
    logger[isWarning ? "warn" : "debug"]({ err: meta.error }, `graphile-worker: ${message}`);
  };
