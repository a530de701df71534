// Opens a response that is read while it arrives: the connection follows its reader, and ends with it.
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type * as undici from "undici";
import type { ServicePool } from "./connection";
import { ServiceError } from "./errors";
import { toDispatch, toFailure } from "./exchange";
import { fromHeaders } from "./headers";
import type { ServiceRequest } from "./request";
import { checkStatus, isAccepted } from "./response";
import type { ServiceStream } from "./types";

/** The limits of a stream. */
export interface StreamLimits {
  /** How long the response may take to begin, in milliseconds. */
  limitMs: number;
  /** When the caller of this process stops waiting, on the clock of `performance.now`; Infinity if that is unknown. */
  deadline: number;
  /** The largest body, in bytes. */
  limitBytes: number;
  /** Statuses that are no errors, besides 2xx. */
  accept: readonly number[];
}

/** How long a body may be left unread, in milliseconds: a handler that failed in between has forgotten it. */
const UNREAD_MS = 10_000;

/** How much is read of an error response, in bytes. */
const PROBLEM_LIMIT_BYTES = 65_536;

/** Node's longest timer, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Resolves when the head of the response has arrived.
 * @param onOver Called once, when the connection is free again, or has ended.
 * @throws ServiceError; ServiceProblem for an error status that is not accepted.
 */
export async function openStream(
  service: string,
  pool: () => ServicePool,
  request: ServiceRequest,
  limits: StreamLimits,
  onOver: () => void,
): Promise<ServiceStream> {
  const { head, body } = await receiveHead(service, pool, request, limits, onOver);
  if (isAccepted(head.statusCode, limits.accept)) {
    return { status: head.statusCode, headers: fromHeaders(head.headers), body };
  }
  // An error body that is too large or breaks off counts as empty: the status says enough.
  checkStatus(service, head, await text(body).catch(() => ""));
  throw new ServiceError(service, "badResponse", 502, `responded with ${head.statusCode}`);
}

interface Received {
  head: Pick<undici.Dispatcher.ResponseData, "statusCode" | "headers">;
  body: Readable;
}

function receiveHead(
  service: string,
  pool: () => ServicePool,
  request: ServiceRequest,
  { limitMs, deadline, limitBytes, accept }: StreamLimits,
  onOver: () => void,
): Promise<Received> {
  const { promise, resolve, reject } = withResolvers<Received>();
  const startedAt = performance.now();
  const timeout = { aborted: false };
  let controller: undici.Dispatcher.DispatchController | undefined;
  let body: ResponseBody | undefined;
  const over = once(() => {
    clearTimeout(timer);
    onOver();
  });
  const fail = (err: unknown): void => {
    over();
    const isKnown = err instanceof ServiceError;
    const failure = (isKnown ? err : toFailure(service, request, err, timeout)) as Error;
    if (body) body.destroy(failure);
    else reject(failure);
  };
  const timer = setTimeout(() => {
    timeout.aborted = true;
    const reason = new Error("The call has taken too long.");
    fail(reason);
    controller?.abort(reason);
  }, limitMs);

  const handler: undici.Dispatcher.DispatchHandler = {
    onRequestStart(given) {
      controller = given;
      // undici keeps a request that is over until it has a connection for it.
      if (timeout.aborted) given.abort(new Error("The call has taken too long."));
    },
    onResponseStart(given, statusCode, headers) {
      if (statusCode < 200) return;
      clearTimeout(timer);
      const isResult = isAccepted(statusCode, accept);
      body = createBody(service, given, {
        limitBytes: isResult ? limitBytes : PROBLEM_LIMIT_BYTES,
        deadline: isResult ? deadline : startedAt + limitMs,
      });
      resolve({ head: { statusCode, headers }, body });
    },
    onResponseData(_given, chunk) {
      body?.take(chunk);
    },
    onResponseEnd() {
      over();
      body?.push(null);
    },
    onResponseError: (_given, err) => fail(err),
  };
  try {
    pool().dispatch(toDispatch(request, untilMs(deadline)), handler);
  } catch (err) {
    fail(err);
  }
  return promise;
}

type ResponseBody = Readable & { take(chunk: Buffer): void };

/** Creates the body of a response: undici reads the connection as fast as the body is read. */
function createBody(
  service: string,
  controller: undici.Dispatcher.DispatchController,
  { limitBytes, deadline }: Pick<StreamLimits, "limitBytes" | "deadline">,
): ResponseBody {
  let size = 0;
  const end = (failure: "timeout" | "badResponse", status: 502 | 504, what: string): void =>
    void body.destroy(new ServiceError(service, failure, status, what));
  const body = new Readable({
    read: () => controller.resume(),
    destroy(err, done) {
      for (const timer of timers) clearTimeout(timer);
      controller.abort(err ?? new Error("The response was not read to its end."));
      done(err);
    },
  });
  // Whoever reads it gets the error; one that nobody reads must not end the process.
  body.on("error", () => undefined);
  const remainingMs = deadline - performance.now();
  const timers = [
    setTimeout(() => {
      if (!body.readableDidRead) end("timeout", 504, "sent a response that nobody has read");
    }, UNREAD_MS),
    remainingMs < MAX_TIMER_MS &&
      setTimeout(end, remainingMs, "timeout", 504, "did not respond in time"),
  ].filter((timer) => timer !== false);
  return Object.assign(body, {
    take(chunk: Buffer) {
      size += chunk.length;
      if (size > limitBytes) end("badResponse", 502, "sent a response that is too large");
      else if (!body.push(chunk)) controller.pause();
    },
  });
}

/** How long until the deadline, in whole milliseconds. */
export const untilMs = (deadline: number): number =>
  Math.max(1, Math.ceil(deadline - performance.now()));

/** `Promise.withResolvers`, which Node 20 does not have. */
function withResolvers<T>() {
  let resolve!: (value: T) => void;
  let reject!: (err: unknown) => void;
  const promise = new Promise<T>((...given) => ([resolve, reject] = given));
  return { promise, resolve, reject };
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}
