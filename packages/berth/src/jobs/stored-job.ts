// The stored form of a job's payload: the payload itself, and the context of the request that enqueued it.
import { currentContext } from "../process/work-context";
import { requestIdFrom } from "../request/request-id";
import { traceHeaders } from "../request/trace-context";

/** Headers that identify the request that enqueued a job, as passed on to other services. */
export type JobOrigin = Readonly<Record<string, string>>;

/** A stored payload. */
export interface StoredJob {
  payload: unknown;
  origin?: JobOrigin;
}

/** The largest payload, in characters of JSON. Store larger data in a table, and pass its id. */
const PAYLOAD_LIMIT = 262_144;

/** @throws RangeError when it is too large; TypeError when it cannot be stored as JSON. */
export function serializeJob(name: string, payload: unknown): string {
  const json = JSON.stringify(payload) as string | undefined;
  if (json === undefined) throw new TypeError(`The payload of the job ${name} is not JSON`);
  if (json.length > PAYLOAD_LIMIT) {
    throw new RangeError(
      `The payload of the job ${name} has ${json.length} characters, more than ${PAYLOAD_LIMIT}: store it, and pass its id`,
    );
  }
  const origin = currentContext()?.headersToPropagate?.();
  return `{"payload":${json}${origin ? `,"origin":${JSON.stringify(origin)}` : ""}}`;
}

/** Reads a stored payload. A job enqueued by other means, such as SQL, has no origin, and may have any payload. */
export function parseStored(stored: unknown): StoredJob {
  const { payload, origin } = (stored ?? {}) as { payload?: unknown; origin?: unknown };
  return { payload, ...(isOrigin(origin) && { origin: safeOrigin(origin) }) };
}

const isOrigin = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** Only what a request could have sent: the headers go to other services, and into SQL comments. */
function safeOrigin(origin: Record<string, unknown>): JobOrigin {
  return {
    "x-request-id": requestIdFrom(origin["x-request-id"]),
    ...traceHeaders({ headers: origin }),
  };
}
