// Sends a call to another service once, and waits for its answer no longer than it may.
import type * as undici from "undici";
import type * as v from "valibot";
import { currentContext, DEADLINE_HEADER } from "../process/work-context";
import { readAnswer } from "./service-answer";
import type { Call } from "./service-client";
import { toServiceError } from "./service-errors";

/** A call, whatever is expected of its answer. */
export type AnyCall = Call<v.GenericSchema | undefined>;

/**
 * Resolves with what the schema reads.
 * @param limitMs How long it may take, in milliseconds.
 * @throws ServiceError, or what is thrown for a call that cannot be sent: no path, a body that is no JSON.
 */
export async function exchange(
  service: string,
  pool: undici.Pool,
  { method, path, query, body, headers, answer }: AnyCall,
  limitMs: number,
): Promise<unknown> {
  const json = body === undefined ? undefined : JSON.stringify(body);
  const limit = new AbortController();
  const request = {
    method,
    path,
    ...(query && { query }),
    headers: {
      Accept: "application/json, application/problem+json",
      "Accept-Encoding": "identity",
      [DEADLINE_HEADER]: String(limitMs),
      ...currentContext()?.travels?.(),
      ...(json !== undefined && { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(json !== undefined && { body: json }),
    signal: limit.signal,
  };
  const { head, text } = await inTime(limit, limitMs, async () => {
    const received = await pool.request(request);
    return { head: received, text: await received.body.text() };
  }).catch((err: unknown) => {
    throw toServiceError(service, err, limit.signal);
  });
  return readAnswer(service, head, text, answer);
}

/**
 * Aborts what takes too long, and does not wait for its end: what has no connection yet, undici keeps until there is one,
 * to send nothing then.
 */
async function inTime<T>(limit: AbortController, limitMs: number, work: () => Promise<T>) {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      limit.abort();
      reject(limit.signal.reason as Error);
    }, limitMs);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
