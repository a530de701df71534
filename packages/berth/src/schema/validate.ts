// Validates input against a schema, and reports all errors at once.
import type { Request } from "express";
import * as v from "valibot";
import { Problem } from "../request/problem";
import { explain } from "./explain";

/**
 * The request's query parameters, validated.
 * @throws Problem 400 with one entry for each invalid parameter.
 */
export function parseQuery<S extends v.GenericSchema>(schema: S, req: Request): v.InferOutput<S> {
  return check(schema, req.query, 400, "Some query parameters are not valid.", byName);
}

/**
 * The path's parameters, validated.
 * @throws Problem 404 when one does not match the schema: nothing can exist at such a path.
 */
export function parseParams<S extends v.GenericSchema>(schema: S, req: Request): v.InferOutput<S> {
  const { success, output } = v.safeParse(schema, req.params);
  if (!success) throw new Problem(404, "There is nothing at this path.");
  return output;
}

/** Describes where in the input an error is. */
export type Locate = (path: string[]) => Record<string, string>;

/** By JSON pointer. */
export const byPointer: Locate = (path) => ({
  pointer: short(path.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")),
});

const byName: Locate = (path) => ({ parameter: short(path.join(".")) });

/** Limits on what is echoed to the client, so that a response cannot be a multiple of its request; in characters. */
const LOCATION_LIMIT = 256;
/** How many errors are reported. */
const ERROR_LIMIT = 20;

const short = (location: string): string =>
  location.length > LOCATION_LIMIT ? `${location.slice(0, LOCATION_LIMIT)}...` : location;

/**
 * The schema's output for the input.
 * @throws Problem with this status and message, and one entry for each error: the first 20, and how many were
 *   `omitted`.
 */
export function check<S extends v.GenericSchema>(
  schema: S,
  input: unknown,
  status: number,
  message: string,
  locate: Locate,
): v.InferOutput<S> {
  const { success, output, issues } = v.safeParse(schema, input);
  if (success) return output;
  const found = issues.slice(0, ERROR_LIMIT).flatMap((issue) => fieldErrors(issue, output));
  const errors = found
    .slice(0, ERROR_LIMIT)
    .map(({ path, detail }) => ({ ...locate(path), detail }));
  // A lower bound: an issue may stand for several errors, and issues that are not shown are not expanded.
  const omitted = found.length - errors.length + Math.max(0, issues.length - ERROR_LIMIT);
  throw new Problem(status, message, omitted > 0 ? { errors, omitted } : { errors });
}

interface FieldError {
  path: string[];
  detail: string;
}

/** @param output The schema's output so far. */
function fieldErrors(issue: v.GenericIssue, output: unknown): FieldError[] {
  const items = issue.path ?? [];
  const path = items.map(({ key }) => String(key));
  const isUnknownField = issue.type === "strict_object" && issue.expected === "never";
  if (!isUnknownField) return [{ path, detail: explain(issue) }];
  // Valibot reports only the first unknown field of an object: list them all.
  const parent = path.slice(0, -1);
  const known = parent.reduce((value, key) => (value as Record<string, unknown>)[key], output);
  return Object.keys(items.at(-1)?.input as object)
    .filter((key) => !Object.hasOwn(known as object, key))
    .map((key) => ({ path: [...parent, key], detail: "is not a known field" }));
}
