// What is being worked on, for every line that is logged meanwhile.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Logger } from "pino";

/** What lines are about that are written in the course of something, such as a request. */
export interface LogContext {
  logger: Logger;
  /** What each line says of it, asked for when one is written. */
  fields: () => object;
}

const contexts = new AsyncLocalStorage<LogContext>();
let isWanted = false;

/**
 * Keeps contexts from now on. They cost a small request an eighth of its time on Node 20, which follows every promise and
 * tick for it, so that nobody shall pay who has no use for them.
 */
export function keepLogContexts(): void {
  isWanted = true;
}

/** Runs something, and all that it starts, in a context. */
export function runInLogContext(context: LogContext, work: () => void): void {
  if (isWanted) contexts.run(context, work);
  else work();
}

/** What the context that this is called in has to say; nothing outside of one. */
export const contextFields = (): object => contexts.getStore()?.fields() ?? {};

let processLogger: Logger | undefined;

/** Sets what is logged to outside of a context; before, that is nothing. */
export function setProcessLogger(logger: Logger): void {
  processLogger = logger;
}

/** The logger of the context that this is called in, or else of the process. */
export const currentLogger = (): Logger | undefined => contexts.getStore()?.logger ?? processLogger;
