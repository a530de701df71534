// Reads what another service answers: JSON of the shape that is expected, or problem details.
import type * as undici from "undici";
import * as v from "valibot";
import { ServiceError, ServiceProblem, type ServiceProblemDetails } from "./errors";

const JSON_TYPE = /^[\w.-]+\/([\w.-]+\+)?json\b/i;

/** What an error may say of itself, in characters: it stands in the log as a whole. */
const PROBLEM_LIMIT = 16_384;

/**
 * Returns the body, as the schema reads it. The schema decides, not the media type: file stores and static hosts serve
 * JSON as octet-stream, as plain text or without a type.
 * @throws ServiceProblem when the answer is an error, ServiceError when it is not what is expected.
 */
export function readAnswer(
  service: string,
  { statusCode: status, headers }: Pick<undici.Dispatcher.ResponseData, "statusCode" | "headers">,
  text: string,
  schema: v.GenericSchema | undefined,
): unknown {
  const bad = (what: string, reason: unknown): ServiceError =>
    new ServiceError(service, "badAnswer", 502, what, { cause: toError(reason) });

  if (status >= 400) {
    const said = text.length <= PROBLEM_LIMIT ? text : "";
    throw new ServiceProblem(service, toProblem(status, said), retryAfterS(headers));
  }
  if (status === 304) throw bad("has answered with 304, which has no content", headers.etag);
  // Not followed: it could lead anywhere, and takes credentials along.
  if (status >= 300) throw bad("has answered with a redirect", headers.location);
  if (schema === undefined) return undefined;
  if (text === "") throw bad("has answered without content", `status ${status}`);
  const type = String(headers["content-type"] ?? "no content type");
  const result = v.safeParse(schema, parseJson(text, type, bad), { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw bad(
    "has answered in another shape than is expected",
    `${v.getDotPath(issue) ?? "the whole"}: ${issue.message}`,
  );
}

/** Logs show of a cause only what is an error. */
const toError = (reason: unknown): Error =>
  reason instanceof Error ? reason : new Error(String(reason));

function parseJson(
  text: string,
  type: string,
  bad: (what: string, reason: unknown) => ServiceError,
): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (err) {
    if (JSON_TYPE.test(type)) throw bad("has answered with malformed JSON", err);
    throw bad("has not answered in JSON", type);
  }
}

/** Whatever an error says of itself; the status is that of the answer. */
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

/** Errors come in any form: of what is no object, nothing is known. */
function membersOf(text: string): Partial<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}

/** In the one form that senders may use, such as `Sun, 06 Nov 1994 08:49:37 GMT`; others are read as anything. */
const HTTP_DATE = /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/;

/**
 * How long to wait, in seconds. A date is of the other server's wall clock, so it is compared with that clock when it has
 * answered, or with our own if it does not say.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
function retryAfterS(headers: Readonly<Record<string, unknown>>): number | undefined {
  const text = headers["retry-after"];
  if (typeof text !== "string") return undefined;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  const untilMs = HTTP_DATE.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(untilMs)) return undefined;
  const answeredAtMs = Date.parse(String(headers.date));
  const nowMs = Number.isNaN(answeredAtMs) ? Date.now() : answeredAtMs;
  return Math.max(0, Math.ceil((untilMs - nowMs) / 1000));
}
