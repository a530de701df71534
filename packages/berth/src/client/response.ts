// Reads another service's response: decodes the body, validates JSON, and turns error statuses into errors.
import { promisify } from "node:util";
import { brotliDecompress, unzip } from "node:zlib";
import type * as undici from "undici";
import * as v from "valibot";
import { ServiceError, ServiceProblem, type ServiceProblemDetails } from "./errors";
import { fromHeaders } from "./headers";
import type { ServiceResponse } from "./types";

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
  head: Head,
  body: ArrayBuffer,
  limitBytes: number,
): Promise<string> {
  try {
    return new TextDecoder().decode(await decode(service, head, Buffer.from(body), limitBytes));
  } catch (err) {
    if (head.statusCode >= 400) return "";
    throw err;
  }
}

async function decode(
  service: string,
  { headers }: Head,
  body: Buffer,
  limitBytes: number,
): Promise<Buffer> {
  const encodings = String(headers["content-encoding"]).toLowerCase().split(/ *, */).reverse();
  let bytes = body;
  try {
    for (const encoding of encodings) {
      // A response to HEAD has the header and no body.
      if (bytes.byteLength === 0 || encoding === "identity") continue;
      const decoder = DECODERS[encoding];
      if (!decoder) throw new Error(`The content encoding ${encoding} is not supported.`);
      bytes = await decoder(bytes, { maxOutputLength: limitBytes });
    }
    return bytes;
  } catch (err) {
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
  head: Head,
  text: string,
  schema: v.GenericSchema | undefined,
): unknown {
  checkStatus(service, head, text);
  return schema === undefined ? undefined : parseJson(service, head, text, schema);
}

/** Reads a whole response, with its status and headers. @throws As `readResponse`, unless the status is accepted. */
export async function readWhole(
  service: string,
  head: Head,
  content: ArrayBuffer,
  accept: readonly number[],
  limitBytes: number,
): Promise<ServiceResponse> {
  const { statusCode: status } = head;
  if (!isAccepted(status, accept)) {
    const text = isEncoded(head)
      ? await decodeText(service, head, content, limitBytes)
      : new TextDecoder().decode(content);
    checkStatus(service, head, text);
  }
  const sent = Buffer.from(content);
  // A part of an encoded body cannot be decoded.
  const isWhole = isEncoded(head) && status !== 206;
  const bytes = isWhole ? await decode(service, head, sent, limitBytes) : sent;
  const text = (): string => new TextDecoder().decode(bytes);
  return {
    status,
    headers: fromHeaders(head.headers),
    bytes,
    text,
    json: (schema) => parseJson(service, head, text(), schema),
  };
}

/** Whether the status is a result for the caller. */
export const isAccepted = (status: number, accept: readonly number[]): boolean =>
  (status >= 200 && status < 300) || accept.includes(status);

/** @throws ServiceProblem for an error status, ServiceError for a redirect. */
export function checkStatus(service: string, { statusCode: status, headers }: Head, text: string) {
  if (status >= 400) {
    const body = text.length <= PROBLEM_LIMIT ? text : "";
    throw new ServiceProblem(service, toProblem(status, body), retryAfterS(headers));
  }
  if (status === 304) {
    throw unexpected(service, "responded with 304, which has no content", headers.etag);
  }
  // Not followed: it could lead anywhere, and credentials would be sent there.
  if (status >= 300) throw unexpected(service, "responded with a redirect", headers.location);
}

function unexpected(service: string, what: string, reason: unknown): ServiceError {
  return new ServiceError(service, "badResponse", 502, what, { cause: toError(reason) });
}

/** The logger shows the cause of an error only if that is an error, too. */
const toError = (reason: unknown): Error =>
  reason instanceof Error ? reason : new Error(String(reason));

/** @throws ServiceError when the text is not JSON, or does not match. */
function parseJson(
  service: string,
  { statusCode, headers }: Head,
  text: string,
  schema: v.GenericSchema,
): unknown {
  if (text === "") {
    throw unexpected(service, "sent a response without content", `status ${statusCode}`);
  }
  const result = v.safeParse(schema, parseText(service, text, headers), { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw unexpected(
    service,
    "sent a response of an unexpected shape",
    `${v.getDotPath(issue) ?? "the whole body"}: ${issue.message}`,
  );
}

function parseText(service: string, text: string, headers: Head["headers"]): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (err) {
    const type = String(headers["content-type"] ?? "no content type");
    if (JSON_TYPE.test(type)) throw unexpected(service, "sent malformed JSON", err);
    throw unexpected(service, "sent a response that is not JSON", type);
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
