// The async context of a request or other work: its fields for log lines, and its headers and deadline for outgoing calls.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Logger } from "pino";

/** The context of a piece of work, such as a request. */
export interface WorkContext {
  logger: Logger;
  /** Returns the fields of a log line, when it is written. */
  fields: () => object;
  /** Returns the headers to propagate to other services, when a call is made; none by default. */
  headersToPropagate?: () => Readonly<Record<string, string>>;
  /** When the caller stops waiting for the result, on the clock of `performance.now`; no deadline by default. */
  deadline?: number | undefined;
}

/**
 * Header for how long the caller waits for the response, in milliseconds. Envoy sends it to services, and reads it from them.
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter
 */
export const DEADLINE_HEADER = "x-envoy-expected-rq-timeout-ms";

const contexts = new AsyncLocalStorage<WorkContext>();
let isEnabled = false;

/**
 * Keeps contexts from now on. Before Node 24, which implements them in V8, Node tracks them for each promise, tick and
 * timer: this costs 6 % of a small request, and more of one with a database query (lab/speed.md), so it is opt-in.
 */
export function keepWorkContexts(): void {
  isEnabled = true;
}

/** Keeps contexts from now on if this version of Node has them for free. */
export function keepWorkContextsIfFree(): void {
  if (Number.parseInt(process.versions.node, 10) >= 24) keepWorkContexts();
}

/** Runs work, and everything that it starts, in a context. */
export function runInWorkContext(context: WorkContext, work: () => void): void {
  if (isEnabled) contexts.run(context, work);
  else work();
}

/** The current context, if contexts are kept. */
export const currentContext = (): WorkContext | undefined => contexts.getStore();

/** The log fields of the current context; none outside of one. */
export const contextFields = (): object => currentContext()?.fields() ?? {};

let processLogger: Logger | undefined;

/** Sets the logger for code outside of a context; without one, nothing is logged there. */
export function setProcessLogger(logger: Logger): void {
  processLogger = logger;
}

/** The logger of the current context, or otherwise of the process. */
export const currentLogger = (): Logger | undefined => currentContext()?.logger ?? processLogger;
