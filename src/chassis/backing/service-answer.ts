// Reads what another service answers: JSON of the shape that is expected, or problem details.
import type * as undici from "undici";
import * as v from "valibot";
import { ServiceError, ServiceProblem, type ServiceProblemDetails } from "./service-errors";

const JSON_TYPE = /^application\/([\w.-]+\+)?json\b/i;

/**
 * Resolves with the body, as the schema reads it.
 * @throws ServiceProblem when the answer is an error, ServiceError when it is not what is expected.
 */
export async function readAnswer(
  service: string,
  { statusCode: status, headers, body }: undici.Dispatcher.ResponseData,
  schema: v.GenericSchema | undefined,
): Promise<unknown> {
  const bad = (what: string, cause?: unknown): ServiceError =>
    new ServiceError(service, "badAnswer", 502, what, { cause });

  const isJson = JSON_TYPE.test(String(headers["content-type"] ?? ""));
  const text = await body.text();
  if (status >= 400) {
    throw new ServiceProblem(service, toProblem(status, isJson ? text : ""), retryAfterS(headers));
  }
  // Not followed: it could lead anywhere, and takes credentials along.
  if (status >= 300) throw bad(`has answered with a redirect`, headers.location);
  if (schema === undefined) return undefined;
  if (!isJson) throw bad("has not answered in JSON", headers["content-type"]);
  const result = v.safeParse(schema, parseJson(text, bad), { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw bad(
    "has answered in another shape than is expected",
    `${v.getDotPath(issue)}: ${issue.message}`,
  );
}

function parseJson(text: string, bad: (what: string, cause?: unknown) => ServiceError): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (err) {
    throw bad("has answered with JSON that is none", err);
  }
}

/** Whatever an error says of itself; the status is that of the answer. */
function toProblem(status: number, text: string): ServiceProblemDetails {
  let members: object = {};
  try {
    members = Object(JSON.parse(text)) as object;
  } catch {
    // Errors come in any form.
  }
  return { type: "about:blank", title: `Status ${status}`, ...members, status };
}

/** How long to wait, in seconds. @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 */
function retryAfterS(headers: Readonly<Record<string, unknown>>): number | undefined {
  const text = headers["retry-after"];
  if (typeof text !== "string") return undefined;
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, Math.ceil(seconds));
}
