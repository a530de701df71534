// Says what is wrong with an answer, by the document and by what was sent.
import type { Judge, Operation, Response } from "./document";
import type { Answer } from "./exchange";

/** What an answer is judged by. */
export interface Asked {
  operation: Operation;
  /** What is wrong with the request; undefined for nothing. */
  broken?: string;
  /** With what it may be refused; undefined for what the description leaves open. */
  refusals?: readonly number[];
}

/** What refuses a request for what it says. */
const REFUSES_INPUT = new Set([400, 405, 406, 411, 413, 414, 415, 422, 431]);
/** What else there may be against a request, before it is looked at; the route says which. */
const ABOUT_ELSE = [401, 403, 404, 409, 410, 412, 423, 428];
/** Where a route calls others, they may be away; it says so. */
const NEIGHBOUR_AWAY = [502, 503, 504];
const TOO_MANY = 429;
const PROBLEM_TYPE = "application/problem+json";
/** What the description's own checks mean by it; whoever means something else says so in its `problems`. */
const USUAL = /; `errors` has (them|what is wrong with its query)\.$/;

/** What is wrong, in one line; undefined for nothing. */
export const faultOf = (asked: Asked, answer: Answer, judge: Judge): string | undefined =>
  wrongStatus(asked, answer) ?? unlikeDescription(asked.operation, answer, judge);

function wrongStatus(
  { operation, broken, refusals }: Asked,
  { status }: Answer,
): string | undefined {
  const isDescribed = String(status) in operation.responses;
  if (status >= 500) {
    if (isDescribed && NEIGHBOUR_AWAY.includes(status)) return undefined;
    return NEIGHBOUR_AWAY.includes(status)
      ? `a ${status}, which its description has no word of (\`problems: { ${status}: "…" }\`, where it calls what may be away)`
      : "a fault of the service, whatever was sent";
  }
  if (status === TOO_MANY || (isDescribed && ABOUT_ELSE.includes(status))) return undefined;
  if (broken === undefined)
    return REFUSES_INPUT.has(status) ? wrongRefusal(operation, status) : undefined;
  if (!refusals || refusals.includes(status)) return undefined;
  // Some routes take more than others.
  if (refusals.includes(413) && !REFUSES_INPUT.has(status)) return undefined;
  return `${status < 400 ? "invalid input is accepted" : "invalid input is refused otherwise"}: expected ${refusals.join(" or ")}`;
}

function wrongRefusal({ responses }: Operation, status: number): string | undefined {
  const words = responses[status]?.description;
  if (words !== undefined && [400, 422].includes(status) && !USUAL.test(words)) return undefined;
  return `valid input is refused: the description allows it (where a ${status} has another reason, \`problems\` says which)`;
}

function unlikeDescription(
  { responses }: Operation,
  answer: Answer,
  judge: Judge,
): string | undefined {
  const { status, headers, body } = answer;
  const response = responses[status] ?? (status >= 400 ? responses.default : undefined);
  if (!response) return `the status ${status} is not described`;
  const { content } = response;
  if (!content)
    return body === "" || isRedirect(answer) ? undefined : "there is a body, and none is described";
  const type = (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  const described = content[type];
  if (!described)
    return `the content type is ${type || "missing"}, not ${Object.keys(content).join(" or ")}`;
  const { schema } = described;
  return schema && type.endsWith("json") ? unlikeSchema(schema, answer, judge) : undefined;
}

/** Whether it sends elsewhere: a short text for people may come with it, as Express' `res.redirect` has it. */
const isRedirect = ({ status, headers }: Answer): boolean =>
  status >= 300 && status < 400 && headers.location !== undefined;

function unlikeSchema(
  schema: NonNullable<Response["content"]>[string]["schema"] & object,
  { status, headers, body }: Answer,
  judge: Judge,
): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return "the body is not JSON";
  }
  const fault = judge.fault(schema, value);
  if (fault !== undefined) return `the body is not as described: ${fault}`;
  if (!headers["content-type"]?.startsWith(PROBLEM_TYPE)) return undefined;
  const { status: said } = value as { status: unknown };
  return said === status ? undefined : `the problem says ${String(said)}, the answer ${status}`;
}

/** What is wrong with an answer to a method that the document does not have at its path. */
export function faultOfOther(
  method: string,
  answer: Answer,
  allowed: ReadonlySet<string>,
): string | undefined {
  const { status, headers, body } = answer;
  if (status >= 500 && status !== 501) return "a fault of the service, whatever was sent";
  if (method === "HEAD") return body === "" ? undefined : "HEAD has a body";
  if (method === "OPTIONS" || allowed.has(method)) return undefined;
  if (status < 400) return `${method} is neither described nor in Allow, and is answered`;
  return headers["content-type"]?.startsWith(PROBLEM_TYPE) ? undefined : "it is no problem";
}
