// Checks a response against the document and against what was sent.
import type { DescribedResponse, Judge, Operation } from "./document";
import type { Response } from "./exchange";

/** A request, as far as its response depends on it. */
export interface Asked {
  operation: Operation;
  /** The rule that the request violates; undefined for none. */
  broken?: string;
  /** The statuses that may reject it; undefined if the description does not say. */
  refusals?: readonly number[];
}

/** Statuses that reject a request for its content. */
const REFUSES_INPUT = new Set([400, 405, 406, 411, 413, 414, 415, 422, 431]);
/** Statuses that reject a request for another reason, if the route describes them. */
const OTHER_REASONS = [401, 403, 404, 409, 410, 412, 423, 428];
/** Statuses for an unavailable backing service, if the route describes them. */
const UNAVAILABLE = [502, 503, 504];
const TOO_MANY_REQUESTS = 429;
const PROBLEM_TYPE = "application/problem+json";

/** What is wrong, in one line; undefined if nothing is. */
export const problemOf = (asked: Asked, response: Response, judge: Judge): string | undefined =>
  wrongStatus(asked, response) ?? unlikeDescription(asked.operation, response, judge);

function wrongStatus(
  { operation, broken, refusals }: Asked,
  { status }: Response,
): string | undefined {
  const isDescribed = String(status) in operation.responses;
  if (status >= 500) {
    if (isDescribed && UNAVAILABLE.includes(status)) return undefined;
    return UNAVAILABLE.includes(status)
      ? `a ${status} that is not described (add \`problems: { ${status}: "…" }\` if the route depends on a service that may be unavailable)`
      : "an error of the service, whatever was sent";
  }
  if (status === TOO_MANY_REQUESTS || (isDescribed && OTHER_REASONS.includes(status)))
    return undefined;
  if (broken === undefined)
    return REFUSES_INPUT.has(status) ? wrongRefusal(operation, status) : undefined;
  if (!refusals || refusals.includes(status)) return undefined;
  // A route may have a higher limit than the default.
  if (refusals.includes(413) && !REFUSES_INPUT.has(status)) return undefined;
  return `${status < 400 ? "invalid input is accepted" : "invalid input is rejected with another status"}: expected ${refusals.join(" or ")}`;
}

function wrongRefusal({ responses }: Operation, status: number): string | undefined {
  const described = responses[status];
  if (described && [400, 422].includes(status) && !isForValidation(described)) return undefined;
  return `valid input is rejected, though the description allows it (if the ${status} has another reason, describe it in \`problems\`)`;
}

/** Whether the document describes a failed validation, with an example of its `errors`, and not a problem of the route itself. */
const isForValidation = ({ content = {} }: DescribedResponse): boolean =>
  Object.values(content).some(({ example }) => example?.errors !== undefined);

function unlikeDescription(
  { responses }: Operation,
  response: Response,
  judge: Judge,
): string | undefined {
  const { status, headers, body } = response;
  const expected = responses[status] ?? (status >= 400 ? responses.default : undefined);
  if (!expected) return `the status ${status} is not described`;
  const { content } = expected;
  if (!content)
    return body === "" || isRedirect(response)
      ? undefined
      : "there is a body, but none is described";
  const type = (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  const described = content[type];
  if (!described)
    return `the content type is ${type || "missing"}, not ${Object.keys(content).join(" or ")}`;
  const { schema } = described;
  return schema && type.endsWith("json") ? unlikeSchema(schema, response, judge) : undefined;
}

/** Whether it is a redirect, which may have a short text as its body, as Express' `res.redirect` sends. */
const isRedirect = ({ status, headers }: Response): boolean =>
  status >= 300 && status < 400 && headers.location !== undefined;

function unlikeSchema(
  schema: NonNullable<DescribedResponse["content"]>[string]["schema"] & object,
  { status, headers, body }: Response,
  judge: Judge,
): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return "the body is not JSON";
  }
  const error = judge.errorOf(schema, value);
  if (error !== undefined) return `the body is not as described: ${error}`;
  if (!headers["content-type"]?.startsWith(PROBLEM_TYPE)) return undefined;
  const { status: said } = value as { status: unknown };
  return said === status ? undefined : `the problem says ${String(said)}, the response ${status}`;
}

/** What is wrong with the response to a method that is not described for its path. */
export function problemOfOther(
  method: string,
  response: Response,
  allowed: ReadonlySet<string>,
): string | undefined {
  const { status, headers, body } = response;
  if (status >= 500 && status !== 501) return "an error of the service, whatever was sent";
  if (method === "HEAD") return body === "" ? undefined : "the response to HEAD has a body";
  if (method === "OPTIONS" || allowed.has(method)) return undefined;
  if (status < 400) return `${method} is neither described nor in Allow, but succeeds`;
  return headers["content-type"]?.startsWith(PROBLEM_TYPE)
    ? undefined
    : "the response is not a problem (application/problem+json)";
}
