// Error messages for invalid values: plain words that quote nothing the client sent.
import type * as v from "valibot";

/** The message of a schema that sets one, else Berth's: clients must not see, or depend on, valibot's. */
export function explain(issue: v.GenericIssue): string {
  if (issue.kind === "schema" && issue.received === "undefined") return "is required";
  const detail = isDefaultMessage(issue) ? ownMessage(issue) : issue.message;
  // An invalid key of a record. Unknown and missing keys of an object are other issues.
  const isName = issue.path?.at(-1)?.origin === "key";
  return isName ? `has a name that ${detail}` : detail;
}

/** As `explain`, for the fields of forms and queries, which are texts: an array is one that was sent more than once. */
export const explainText = (issue: v.GenericIssue): string =>
  isRepeated(issue) ? "must not be sent more than once" : explain(issue);

const isRepeated = ({ kind, input, issues }: v.GenericIssue): boolean =>
  kind === "schema" && Array.isArray(input) && (issues ?? []).every(isRepeated);

/** Whether a message is valibot's default, which ends with what it received. */
function isDefaultMessage({ message, expected, received }: v.GenericIssue): boolean {
  const end = `${expected ? `Expected ${expected} but r` : "R"}eceived ${received}`;
  return message.endsWith(`: ${end}`);
}

function ownMessage(issue: v.GenericIssue): string {
  const { kind, type, input, expected, message } = issue;
  const requirement = String(issue.requirement);
  const unit = typeof input === "string" ? "character" : "item";
  switch (type) {
    case "min_length":
      return `must have at least ${count(requirement, unit)}`;
    case "max_length":
      return `must have at most ${count(requirement, unit)}`;
    case "length":
      return `must have ${count(requirement, unit)}`;
    case "non_empty":
      return "must not be empty";
    case "min_entries":
      return `must have at least ${count(requirement, "field")}`;
    case "max_entries":
      return `must have at most ${count(requirement, "field")}`;
    case "min_value":
      return `must be at least ${requirement}`;
    case "max_value":
      return `must be at most ${requirement}`;
    case "gt_value":
      return `must be more than ${requirement}`;
    case "lt_value":
      return `must be less than ${requirement}`;
    case "integer":
    case "safe_integer":
      return "must be a whole number";
    case "multiple_of":
      return `must be a multiple of ${requirement}`;
    case "regex":
      return `must match ${requirement}`;
    case "starts_with":
      return `must start with ${expected}`;
    case "ends_with":
      return `must end with ${expected}`;
    case "includes":
      return `must contain ${expected}`;
    case "value":
    case "values":
      return mustBe(expected);
    case "union":
      return anyOf(issue.issues ?? []);
    default:
      return kind === "schema" ? mustBe(expected) : mustBeValid(message);
  }
}

/** @param expected As in valibot's issues: a type, a value in quotes, or several: `("a" | "b")`, `(string | null)`. */
function mustBe(expected: string | null): string {
  if (expected === null || expected === "unknown") return "is not valid";
  if (expected === "never") return "must not be present";
  if (/^\(?!null/.test(expected)) return "must not be null";
  const choices = expected.replace(/^\(|\)$/g, "").split(" | ");
  if (!choices.every((choice) => /^["\d-]|^(true|false)$/.test(choice))) {
    return `must be of type ${expected.toLowerCase()}`;
  }
  return choices.length === 1 ? `must be ${expected}` : `must be one of ${choices.join(", ")}`;
}

function anyOf(issues: readonly v.GenericIssue[]): string {
  // Errors inside objects would be those of every form, and which one the client meant is unknown.
  if (issues.some(({ path }) => path)) return "matches none of the allowed forms";
  const details = [...new Set(issues.map(explain))];
  const [first = "is not valid", ...others] = details;
  return [first, ...others.map((detail) => detail.replace(/^must be /, ""))].join(" or ");
}

/** Names the format, as in "Invalid URL: …", if the check has one. */
function mustBeValid(message: string): string {
  const format = /^Invalid ([^:]+):/.exec(message)?.[1] ?? "";
  return UNNAMED.has(format) ? "is not valid" : `must be a valid ${format}`;
}

/** What valibot's messages call a check that is about no format. */
const UNNAMED = new Set(["input", "item", "value", "content", "key", "type", "length", "size"]);

/** `1 item`, `2 items`. */
export const count = (number: string | number, noun: string): string =>
  `${number} ${noun}${String(number) === "1" ? "" : "s"}`;
