// Sends a call to another service once, and waits for its answer no longer than it may.
import { EventEmitter } from "node:events";
import type * as v from "valibot";
import { DEADLINE_HEADER } from "../process/work-context";
import { readAnswer } from "./response";
import type { ServicePool } from "./connection";
import { decodeText, isEncoded } from "./encoding";
import { toServiceError } from "./errors";
import type { ServiceRequest } from "./request";

/**
 * Resolves with what the schema reads.
 * @param limitMs How long it may take, in milliseconds.
 * @throws ServiceError
 */
export async function exchange(
  service: string,
  pool: ServicePool,
  { method, path, headers, body }: ServiceRequest,
  schema: v.GenericSchema | undefined,
  limitMs: number,
): Promise<unknown> {
  const limit = new Limit();
  const request = {
    method,
    path,
    headers: { [DEADLINE_HEADER]: String(limitMs), ...headers },
    ...(body !== undefined && { body }),
    signal: limit,
  };
  const { head, content } = await inTime(limit, limitMs, async () => {
    const head = await pool.request(request);
    const isRead = schema !== undefined || head.statusCode >= 400;
    const isBinary = isRead && isEncoded(head);
    return { head, content: await (isBinary ? head.body.arrayBuffer() : head.body.text()) };
  }).catch((err: unknown) => {
    throw toServiceError(service, err, limit);
  });
  const text =
    typeof content === "string"
      ? content
      : await decodeText(service, head, content, pool.answerLimitBytes);
  return readAnswer(service, head, text, schema);
}

/** What undici is told by that a call is over: an AbortSignal would cost one a tenth of its time on Node 20. */
class Limit extends EventEmitter {
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
 * Aborts what takes too long, and does not wait for its end: what has no connection yet, undici keeps until there is one,
 * to send nothing then.
 */
function inTime<T>(limit: Limit, limitMs: number, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(limit.abort()), limitMs);
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
