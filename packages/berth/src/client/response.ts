// Reads another service's response: decodes the body, validates JSON, and turns error statuses into errors.
import { promisify } from "node:util";
import { brotliDecompress, unzip } from "node:zlib";
import type * as undici from "undici";
import * as v from "valibot";
import { ServiceError, ServiceProblem, type ServiceProblemDetails } from "./errors";

type Head = Pick<undici.Dispatcher.ResponseData, "statusCode" | "headers">;

/** Calls ask for `identity`, but object stores serve files compressed as they were stored. */
const DECODERS: Readonly<Record<string, typeof unzip.__promisify__>> = {
  gzip: promisify(unzip),
  "x-gzip": promisify(unzip),
  deflate: promisify(unzip),
  br: promisify(brotliDecompress),
};

/** Whether the body has to be decoded. @see https://www.rfc-editor.org/rfc/rfc9110#section-8.4 */
export const isEncoded = ({ headers }: Head): boolean => headers["content-encoding"] !== undefined;

/**
 * Decodes a body to text. That of an error response counts as empty if it cannot be decoded: the status says enough.
 * @param limitBytes The largest decoded body, against decompression bombs.
 * @throws ServiceError
 */
export async function decodeText(
  service: string,
  { statusCode, headers }: Head,
  body: ArrayBuffer,
  limitBytes: number,
): Promise<string> {
  const encodings = String(headers["content-encoding"]).toLowerCase().split(/ *, */).reverse();
  let bytes: NodeJS.ArrayBufferView = Buffer.from(body);
  try {
    for (const encoding of encodings) {
      // A response to HEAD has the header and no body.
      if (bytes.byteLength === 0 || encoding === "identity") continue;
      const decode = DECODERS[encoding];
      if (!decode) throw new Error(`The content encoding ${encoding} is not supported.`);
      bytes = await decode(bytes, { maxOutputLength: limitBytes });
    }
    return new TextDecoder().decode(bytes);
  } catch (err) {
    if (statusCode >= 400) return "";
    const isTooLarge = (err as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    const what = isTooLarge
      ? "sent a response that is too large"
      : "sent a response body that cannot be decoded";
    throw new ServiceError(service, "badResponse", 502, what, { cause: err });
  }
}

const JSON_TYPE = /^[\w.-]+\/([\w.-]+\+)?json\b/i;

/** The longest error body that counts, in characters: all of it is logged with the error. */
const PROBLEM_LIMIT = 16_384;

/**
 * Returns the body as parsed by the schema. The media type is ignored: object stores and static hosts serve JSON as
 * octet-stream, as plain text or without a type.
 * @throws ServiceProblem for an error status, ServiceError for a response that does not match.
 */
export function readResponse(
  service: string,
  { statusCode: status, headers }: Head,
  text: string,
  schema: v.GenericSchema | undefined,
): unknown {
  const unexpected = (what: string, reason: unknown): ServiceError =>
    new ServiceError(service, "badResponse", 502, what, { cause: toError(reason) });

  if (status >= 400) {
    const body = text.length <= PROBLEM_LIMIT ? text : "";
    throw new ServiceProblem(service, toProblem(status, body), retryAfterS(headers));
  }
  if (status === 304) throw unexpected("responded with 304, which has no content", headers.etag);
  // Not followed: it could lead anywhere, and credentials would be sent there.
  if (status >= 300) throw unexpected("responded with a redirect", headers.location);
  if (schema === undefined) return undefined;
  if (text === "") throw unexpected("sent a response without content", `status ${status}`);
  const type = String(headers["content-type"] ?? "no content type");
  const result = v.safeParse(schema, parseJson(text, type, unexpected), { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw unexpected(
    "sent a response of an unexpected shape",
    `${v.getDotPath(issue) ?? "the whole body"}: ${issue.message}`,
  );
}

/** The logger shows the cause of an error only if that is an error, too. */
const toError = (reason: unknown): Error =>
  reason instanceof Error ? reason : new Error(String(reason));

function parseJson(
  text: string,
  type: string,
  unexpected: (what: string, reason: unknown) => ServiceError,
): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (err) {
    if (JSON_TYPE.test(type)) throw unexpected("sent malformed JSON", err);
    throw unexpected("sent a response that is not JSON", type);
  }
}

/** Problem details with whatever members the body has; the status is the response's. */
function toProblem(status: number, text: string): ServiceProblemDetails {
  const { type, title, detail, ...members } = membersOf(text);
  return {
    ...members,
    type: typeof type === "string" ? type : "about:blank",
    title: typeof title === "string" ? title : `Status ${status}`,
    ...(typeof detail === "string" && { detail }),
    status,
  };
}

/** An error body may be anything: one that is not a JSON object has no members. */
function membersOf(text: string): Partial<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}

/** IMF-fixdate, such as `Sun, 06 Nov 1994 08:49:37 GMT`; `Date.parse` would read nearly anything as a date. */
const HTTP_DATE = /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/;

/**
 * The Retry-After header in seconds. A date is compared with the response's Date, as the clocks may differ, or with our
 * clock if there is none.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
function retryAfterS(headers: Readonly<Record<string, unknown>>): number | undefined {
  const text = headers["retry-after"];
  if (typeof text !== "string") return undefined;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  const untilMs = HTTP_DATE.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(untilMs)) return undefined;
  const sentAtMs = Date.parse(String(headers.date));
  const nowMs = Number.isNaN(sentAtMs) ? Date.now() : sentAtMs;
  return Math.max(0, Math.ceil((untilMs - nowMs) / 1000));
}
