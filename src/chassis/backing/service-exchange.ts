// Sends a call to another service once, and waits for its answer no longer than it may.
import type * as undici from "undici";
import type * as v from "valibot";
import { DEADLINE_HEADER } from "../process/work-context";
import { readAnswer } from "./service-answer";
import { toServiceError } from "./service-errors";
import type { ServiceRequest } from "./service-request";

/**
 * Resolves with what the schema reads.
 * @param limitMs How long it may take, in milliseconds.
 * @throws ServiceError
 */
export async function exchange(
  service: string,
  pool: undici.Pool,
  { method, path, headers, body }: ServiceRequest,
  schema: v.GenericSchema | undefined,
  limitMs: number,
): Promise<unknown> {
  const limit = new AbortController();
  const request = {
    method,
    path,
    headers: { [DEADLINE_HEADER]: String(limitMs), ...headers },
    ...(body !== undefined && { body }),
    signal: limit.signal,
  };
  const { head, text } = await inTime(limit, limitMs, async () => {
    const received = await pool.request(request);
    return { head: received, text: await received.body.text() };
  }).catch((err: unknown) => {
    throw toServiceError(service, err, limit.signal);
  });
  return readAnswer(service, head, text, schema);
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
