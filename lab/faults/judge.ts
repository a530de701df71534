// Judges a fault: the right response in bounded time, a log line, and nothing left behind.
import type { RequestResult } from "./ask";
import type { Fault } from "./catalogue";
import { type Observations, slowest } from "./observations";
import type { Line } from "./subject";

/** The limit for a call, in milliseconds: the default of 5 s, and a margin for a busy machine. */
const CALL_LIMIT_MS = 8000;
/** How much the heap may grow in a hundred calls, in bytes, mostly by compiled code. */
const HEAP_LIMIT_BYTES = 4 * 2 ** 20;
/** The largest number of attempts within 5 s, as the pauses grow. */
const TRIES_LIMIT = 25;
/** How much the upstream may send in a call, in bytes: the limit of a response, and the system's buffers. */
const READ_LIMIT_BYTES = 8 * 2 ** 20;

/** Returns everything that is wrong, each prefixed with the fault's name. */
export function judge(name: string, fault: Fault, seen: Observations): string[] {
  const { first, post, many, postsArrived, sentBytes, before, after } = seen;
  const missed = [...wrongIn(fault, first, seen.log), ...seen.otherErrors];
  const calls = many.length + 2;
  if (slowest([first, post, ...many]) > CALL_LIMIT_MS)
    missed.push(`a call took over ${CALL_LIMIT_MS} ms`);
  if (many.some(({ status }) => status === 0)) missed.push("a caller got no response");
  if (postsArrived > 1) missed.push(`a POST was sent ${postsArrived} times`);
  if (seen.getsArrived > TRIES_LIMIT) missed.push(`a GET was sent ${seen.getsArrived} times`);
  if (after.sockets > before.sockets) missed.push("sockets stay open");
  if (after.heapUsed - before.heapUsed > HEAP_LIMIT_BYTES) missed.push("the heap has grown");
  if (sentBytes > calls * READ_LIMIT_BYTES) missed.push(`${sentBytes} bytes were read`);
  if (seen.mayRecover && seen.recoveredAfterMs === undefined) missed.push("never recovers");
  return missed.map((what) => `${name}: ${what}`);
}

function wrongIn(fault: Fault, result: RequestResult, log: readonly Line[]): string[] {
  const { status, headers, body } = result;
  const missed: string[] = [];
  if (![fault.status].flat().includes(status))
    missed.push(`responded ${status}, not ${String(fault.status)}`);
  if (status === 200) return missed;
  if (!String(body.detail).includes(fault.detail ?? "")) missed.push(`said ${String(body.detail)}`);
  const retryAfter = String(headers["retry-after"] ?? "");
  if (!(fault.retryAfter ?? /^$/).test(retryAfter)) missed.push(`Retry-After: ${retryAfter}`);
  if (!headers["content-type"]?.startsWith("application/problem+json"))
    missed.push("no problem details");
  const line = log.find(
    ({ level, requestId }) => level === "error" && requestId === body.requestId,
  );
  if (body.requestId === undefined || !line) missed.push("no log line has its request id");
  return missed;
}
