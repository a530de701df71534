// Checks what a client sent against a schema, and tells it about every fault at once.
import type { Request } from "express";
import { z } from "zod";
import { hasBody } from "./json-body";
import { Problem } from "./problem";

/** Text that PostgreSQL and every JSON reader can take: no NUL character and no half of a surrogate pair. */
export const text = (minLength: number, maxLength: number) =>
  z
    .string()
    .min(minLength)
    .max(maxLength)
    .refine((value) => !value.includes("\0") && value.isWellFormed(), {
      error: "must not contain NUL characters or lone surrogates",
    });

/**
 * The request's JSON body, checked.
 * @throws Problem 415 when the body is not JSON, 400 when there is none, 422 with one entry for each wrong field,
 *   located by JSON pointer.
 * @see https://www.rfc-editor.org/rfc/rfc6901
 */
export function parseBody<T>(schema: z.ZodType<T>, req: Request): T {
  if (req.body === undefined) {
    if (!hasBody(req)) throw new Problem(400, "The request needs a JSON body.");
    throw new Problem(415, "The body must be JSON: send Content-Type: application/json.");
  }
  return check(schema, req.body, 422, "Some fields are not valid.", byPointer);
}

/**
 * The request's query parameters, checked.
 * @throws Problem 400 with one entry for each wrong parameter.
 */
export function parseQuery<T>(schema: z.ZodType<T>, req: Request): T {
  return check(schema, req.query, 400, "Some query parameters are not valid.", byName);
}

/** Says where in the input a fault is. */
type Locate = (path: string[]) => Record<string, string>;

const byPointer: Locate = (path) => ({
  pointer: path.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""),
});

const byName: Locate = (path) => ({ parameter: path.join(".") });

function check<T>(
  schema: z.ZodType<T>,
  input: unknown,
  status: number,
  message: string,
  locate: Locate,
): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const errors = result.error.issues
    .flatMap((issue) => faults(issue, input))
    .map(({ path, detail }) => ({ ...locate(path), detail }));
  throw new Problem(status, message, { errors });
}

interface Fault {
  path: string[];
  detail: string;
}

function faults(issue: z.core.$ZodIssue, input: unknown): Fault[] {
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: [...path, key], detail: "is not known here" }));
  }
  return [{ path, detail: isMissing(issue, input) ? "is required" : explain(issue) }];
}

/** Zod would tell, at the price of half as much time for every input that is valid. */
const isMissing = ({ code, path }: z.core.$ZodIssue, input: unknown): boolean =>
  code === "invalid_type" &&
  path.reduce(
    (value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key],
    input,
  ) === undefined;

/** Says it in our words: a client should not learn, or depend on, which library checks. */
function explain(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be of type ${issue.expected}`;
    case "too_small":
      return `must have at least ${issue.minimum} ${unit(issue.origin)}`;
    case "too_big":
      return `must have at most ${issue.maximum} ${unit(issue.origin)}`;
    case "custom":
      return issue.message;
    default:
      return "is not valid";
  }
}

const unit = (origin: string): string => (origin === "string" ? "characters" : "as its value");
