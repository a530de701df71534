// What is asked of every fault: the right answer, in bounded time, named in the log, and nothing left behind.
import type { Answer } from "./ask";
import type { Fault } from "./catalogue";
import { type Seen, slowest } from "./seen";
import type { Line } from "./subject";

/** A call may take 5 s by default; the rest is for this machine, which does several things at once, in milliseconds. */
const BOUND_MS = 8000;
/** What a hundred calls may leave behind in the heap: compiled code, mostly, in bytes. */
const HEAP_LIMIT_BYTES = 4 * 2 ** 20;
/** A call of 5 s is not sent more often: each pause is longer than the last. */
const TRIES_LIMIT = 25;
/** What the other side may get rid of in a call, in bytes: the limit of an answer, and what is in the system's buffers. */
const READ_LIMIT_BYTES = 8 * 2 ** 20;

/** What is not as it has to be, each as a sentence that begins with the fault's name. */
export function judge(name: string, fault: Fault, seen: Seen): string[] {
  const { first, post, many, postsArrived, sentBytes, before, after } = seen;
  const missed = [...wrongIn(fault, first, seen.log), ...seen.besides];
  const calls = many.length + 2;
  if (slowest([first, post, ...many]) > BOUND_MS) missed.push(`a call took over ${BOUND_MS} ms`);
  if (many.some(({ status }) => status === 0)) missed.push("a caller got no answer");
  if (postsArrived > 1) missed.push(`a POST was sent ${postsArrived} times`);
  if (seen.getsArrived > TRIES_LIMIT) missed.push(`a GET was sent ${seen.getsArrived} times`);
  if (after.sockets > before.sockets) missed.push("sockets are left open");
  if (after.heapUsed - before.heapUsed > HEAP_LIMIT_BYTES) missed.push("the heap has grown");
  if (sentBytes > calls * READ_LIMIT_BYTES) missed.push(`${sentBytes} bytes were read`);
  if (seen.mayRecover && seen.recoveredAfterMs === undefined) missed.push("never well again");
  return missed.map((what) => `${name}: ${what}`);
}

function wrongIn(fault: Fault, answer: Answer, log: readonly Line[]): string[] {
  const { status, headers, body } = answer;
  const missed: string[] = [];
  if (![fault.status].flat().includes(status))
    missed.push(`answered ${status}, not ${String(fault.status)}`);
  if (status === 200) return missed;
  if (!String(body.detail).includes(fault.detail ?? "")) missed.push(`said ${String(body.detail)}`);
  const retryAfter = String(headers["retry-after"] ?? "");
  if (!(fault.retryAfter ?? /^$/).test(retryAfter)) missed.push(`Retry-After: ${retryAfter}`);
  if (!headers["content-type"]?.startsWith("application/problem+json"))
    missed.push("no problem details");
  const line = log.find(
    ({ level, requestId }) => level === "error" && requestId === body.requestId,
  );
  if (body.requestId === undefined || !line) missed.push("its request id is in no line of the log");
  return missed;
}
