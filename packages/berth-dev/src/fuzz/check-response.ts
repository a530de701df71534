// Checks a response against the document, and against what was sent.
import type { DescribedResponse, JsonSchema, Operation, SchemaValidator } from "./document";
import { eventsIn } from "./events";
import type { Response } from "./exchange";

/** What the response to a request depends on. */
export interface Expectation {
  operation: Operation;
  /** The rule that the request violates; undefined for valid input. */
  violation?: string;
  /** The statuses that may reject it; undefined if the document does not say. */
  rejectStatuses?: readonly number[];
}

/** Statuses that reject a request for its content. */
const REJECTS_INPUT = new Set([400, 405, 406, 411, 413, 414, 415, 422, 431]);
/** Statuses that reject a request for another reason, if the route describes them. */
const OTHER_REASONS = [401, 403, 404, 409, 410, 412, 423, 428];
/** Statuses for an unavailable backing service, if the route describes them. */
const UNAVAILABLE = [502, 503, 504];
const TOO_MANY_REQUESTS = 429;
const PROBLEM_TYPE = "application/problem+json";
const SERVER_ERROR = "an error of the service, whatever was sent";

/** Describes in one line how the response differs from what is expected; undefined if it does not. */
export const mismatchOf = (
  expected: Expectation,
  response: Response,
  validator: SchemaValidator,
): string | undefined =>
  statusMismatch(expected, response) ??
  contentMismatch(expected.operation, response, validator) ??
  headerMismatch(expected.operation, response, validator);

function statusMismatch(
  { operation, violation, rejectStatuses }: Expectation,
  { status }: Response,
): string | undefined {
  const isDescribed = String(status) in operation.responses;
  if (status >= 500) {
    if (!UNAVAILABLE.includes(status)) return SERVER_ERROR;
    return isDescribed
      ? undefined
      : `a ${status} that is not described (add \`problems: { ${status}: "…" }\` if the route depends on a service that may be unavailable)`;
  }
  if (status === TOO_MANY_REQUESTS || (isDescribed && OTHER_REASONS.includes(status)))
    return undefined;
  if (violation === undefined)
    return REJECTS_INPUT.has(status) ? rejectionOfValidInput(operation, status) : undefined;
  if (!rejectStatuses || rejectStatuses.includes(status)) return undefined;
  // A route may have a higher limit than the default.
  if (rejectStatuses.includes(413) && !REJECTS_INPUT.has(status)) return undefined;
  return `${status < 400 ? "invalid input is accepted" : "invalid input is rejected with another status"}: expected ${rejectStatuses.join(" or ")}`;
}

function rejectionOfValidInput({ responses }: Operation, status: number): string | undefined {
  const described = responses[status];
  if (described && [400, 422].includes(status) && !isForValidation(described)) return undefined;
  return `valid input is rejected, though the description allows it (if the ${status} has another reason, describe it in \`problems\`)`;
}

/** Whether the described response is a failed validation, with an example of its `errors`, and not a problem of the route. */
const isForValidation = ({ content = {} }: DescribedResponse): boolean =>
  Object.values(content).some(({ example }) => example?.errors !== undefined);

function contentMismatch(
  { responses }: Operation,
  response: Response,
  validator: SchemaValidator,
): string | undefined {
  const { status, headers, body } = response;
  const described = describedOf(responses, status);
  if (!described) return `the status ${status} is not described`;
  const { content } = described;
  if (!content)
    return body === "" || isRedirect(response)
      ? undefined
      : "there is a body, but none is described";
  const type = (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  const media = content[type];
  if (!media)
    return `the content type is ${type || "missing"}, not ${Object.keys(content).join(" or ")}`;
  const { schema } = media;
  if (type === EVENT_STREAM) return eventMismatch(schema, body, validator);
  return schema && type.endsWith("json") ? bodyMismatch(schema, response, validator) : undefined;
}

const describedOf = (responses: Operation["responses"], status: number) =>
  responses[status] ?? (status >= 400 ? responses.default : undefined);

const EVENT_STREAM = "text/event-stream";

/** A stream without described events is text. */
function eventMismatch(
  schema: JsonSchema | undefined,
  body: string,
  validator: SchemaValidator,
): string | undefined {
  if (!schema || validator.resolve(schema).type === "string") return undefined;
  for (const event of eventsIn(body)) {
    const error = validator.errorOf(schema, event);
    if (error !== undefined) return `the event ${event.event} is not as described: ${error}`;
  }
  return undefined;
}

/** Headers that are described, and are missing or invalid. */
function headerMismatch(
  { responses }: Operation,
  { status, headers }: Response,
  validator: SchemaValidator,
): string | undefined {
  for (const [name, { required = false, schema }] of Object.entries(
    describedOf(responses, status)?.headers ?? {},
  )) {
    const text = headers[name.toLowerCase()];
    if (text === undefined && required) return `the header ${name} is missing`;
    if (text === undefined || !schema) continue;
    const error = validator.errorOf(schema, valueOf(text, validator.resolve(schema)));
    if (error !== undefined) return `the header ${name} is not as described: ${error}`;
  }
  return undefined;
}

/** What a header's text stands for. */
function valueOf(text: string, { type }: JsonSchema): unknown {
  if ((type === "integer" || type === "number") && /^-?[\d.]+$/.test(text)) return Number(text);
  return type === "boolean" && /^(true|false)$/.test(text) ? text === "true" : text;
}

/** A redirect may have a short text as its body, as Express' `res.redirect` sends. */
const isRedirect = ({ status, headers }: Response): boolean =>
  status >= 300 && status < 400 && headers.location !== undefined;

function bodyMismatch(
  schema: JsonSchema,
  { status, headers, body }: Response,
  validator: SchemaValidator,
): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return "the body is not JSON";
  }
  const error = validator.errorOf(schema, value);
  if (error !== undefined) return `the body is not as described: ${error}`;
  if (!headers["content-type"]?.startsWith(PROBLEM_TYPE)) return undefined;
  const { status: member } = value as { status: unknown };
  return member === status
    ? undefined
    : `the problem says ${String(member)}, the response ${status}`;
}

/** As `mismatchOf`, for a method that the document does not have for the path. @param allowed The methods in `Allow`. */
export function mismatchOfUndescribed(
  method: string,
  { status, headers, body }: Response,
  allowed: ReadonlySet<string>,
): string | undefined {
  if (status >= 500 && status !== 501) return SERVER_ERROR;
  if (method === "HEAD") return body === "" ? undefined : "the response to HEAD has a body";
  if (method === "OPTIONS" || allowed.has(method)) return undefined;
  if (status < 400) return `${method} is neither described nor in Allow, but succeeds`;
  return headers["content-type"]?.startsWith(PROBLEM_TYPE)
    ? undefined
    : "the response is not a problem (application/problem+json)";
}
