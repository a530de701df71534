// Sends one request to another service and reads its response within a time limit.
import { EventEmitter } from "node:events";
import type { Readable } from "node:stream";
import type * as undici from "undici";
import type * as v from "valibot";
import { DEADLINE_HEADER } from "../process/work-context";
import type { ServicePool } from "./connection";
import { toServiceError } from "./errors";
import type { ServiceRequest } from "./request";
import { decodeText, isEncoded, readResponse, readWhole } from "./response";
import type { ServiceResponse } from "./types";

/**
 * Resolves with the body as parsed by the schema; without one, with undefined.
 * @param limitMs The time limit, in milliseconds.
 * @throws ServiceError, or for a bug of the caller, such as an invalid header, undici's error.
 */
export async function exchange(
  service: string,
  pool: ServicePool,
  request: ServiceRequest,
  schema: v.GenericSchema | undefined,
  limitMs: number,
): Promise<unknown> {
  const { head, content } = await receive(service, pool, request, limitMs, (head) => {
    const isRead = schema !== undefined || head.statusCode >= 400;
    return isRead && isEncoded(head);
  });
  const text =
    typeof content === "string"
      ? content
      : await decodeText(service, head, content, pool.responseLimitBytes);
  return readResponse(service, head, text, schema);
}

/**
 * Resolves with the whole response.
 * @param accept Statuses that are no errors, besides 2xx.
 * @param limitMs The time limit, in milliseconds.
 * @throws As `exchange`.
 */
export async function exchangeWhole(
  service: string,
  pool: ServicePool,
  request: ServiceRequest,
  accept: readonly number[],
  limitMs: number,
): Promise<ServiceResponse> {
  const { head, content } = await receive(service, pool, request, limitMs, () => true);
  return readWhole(service, head, content as ArrayBuffer, accept, pool.responseLimitBytes);
}

async function receive(
  service: string,
  pool: ServicePool,
  request: ServiceRequest,
  limitMs: number,
  isBinary: (head: undici.Dispatcher.ResponseData) => boolean,
) {
  const timeout = new TimeoutSignal();
  const options = { ...toDispatch(request, limitMs), signal: timeout };
  return abortAfter(limitMs, timeout, async () => {
    const head = await pool.request(options);
    return { head, content: await (isBinary(head) ? head.body.arrayBuffer() : head.body.text()) };
  }).catch((err: unknown) => {
    throw toFailure(service, request, err, timeout);
  });
}

/** The request for undici. @param limitMs How long the caller waits, to tell the service; Infinity is not sent. */
export function toDispatch(
  { method, path, headers, body, content }: ServiceRequest,
  limitMs: number,
) {
  const sent: Record<string, string> = { ...withDeadline(limitMs), ...headers };
  if (!content) return { method, path, headers: sent, ...(body !== undefined && { body }) };
  const { chunks, length } = content;
  if (length !== undefined) sent["content-length"] = String(length);
  // undici takes any async iterable, which its types do not say.
  return { method, path, headers: sent, body: chunks as unknown as Readable };
}

/** The header that tells how long the caller waits. */
export const withDeadline = (limitMs: number): Record<string, string> =>
  limitMs === Infinity ? {} : { [DEADLINE_HEADER]: String(limitMs) };

/** The error of the stream that was sent, if that failed; otherwise the error of the exchange. */
export function toFailure(
  service: string,
  { content }: ServiceRequest,
  err: unknown,
  timeout: Pick<AbortSignal, "aborted">,
): unknown {
  const failure = timeout.aborted ? undefined : content?.failure();
  return failure ? failure.err : toServiceError(service, err, timeout);
}

/** The signal for undici. An AbortSignal would cost a tenth of a call's time on Node 20. */
class TimeoutSignal extends EventEmitter {
  aborted = false;
  reason: Error | undefined;

  abort(): Error {
    this.aborted = true;
    this.reason = new Error("The call has taken too long.");
    this.emit("abort");
    return this.reason;
  }
}

/**
 * Aborts work at the time limit, and rejects without waiting for it to end: undici keeps an aborted request that has no
 * connection until there is one, and only then drops it unsent.
 */
function abortAfter<T>(
  limitMs: number,
  timeout: TimeoutSignal,
  work: () => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(timeout.abort()), limitMs);
    work().then(
      (result) => {
        clearTimeout(timer);
        resolve(result);
      },
      (err: Error) => {
        clearTimeout(timer);
        reject(err);
      },
    );
  });
}
