// What is being worked on: for every line that is logged, and every call that is made meanwhile.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Logger } from "pino";

/** What something is done for, such as a request. */
export interface WorkContext {
  logger: Logger;
  /** What each line says of it, asked for when one is written. */
  fields: () => object;
  /** What each call to another service takes along, as headers, asked for when one is made; nothing by default. */
  travels?: () => Readonly<Record<string, string>>;
  /** When its result is of no use any more, on the clock of `performance.now`; never by default. */
  deadline?: number | undefined;
}

/**
 * Says how long whoever calls waits for the answer, in milliseconds: Envoy sends it to services, and reads it from them.
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter
 */
export const DEADLINE_HEADER = "x-envoy-expected-rq-timeout-ms";

const contexts = new AsyncLocalStorage<WorkContext>();
let isWanted = false;

/**
 * Keeps contexts from now on. Before Node 24, which has them in V8, they are noted on each promise, tick and timer: that
 * takes 6 % of a small request, and a quarter of one to the database, so that nobody shall pay who has no use for them.
 */
export function keepWorkContexts(): void {
  isWanted = true;
}

/** Keeps contexts from now on where they cost nothing. */
export function keepWorkContextsIfFree(): void {
  if (Number.parseInt(process.versions.node, 10) >= 24) keepWorkContexts();
}

/** Runs something, and all that it starts, in a context. */
export function runInWorkContext(context: WorkContext, work: () => void): void {
  if (isWanted) contexts.run(context, work);
  else work();
}

/** The context that this is called in, where contexts are kept. */
export const currentContext = (): WorkContext | undefined => contexts.getStore();

/** What the context that this is called in has to say; nothing outside of one. */
export const contextFields = (): object => currentContext()?.fields() ?? {};

let processLogger: Logger | undefined;

/** Sets what is logged to outside of a context; before, that is nothing. */
export function setProcessLogger(logger: Logger): void {
  processLogger = logger;
}

/** The logger of the context that this is called in, or else of the process. */
export const currentLogger = (): Logger | undefined => currentContext()?.logger ?? processLogger;
