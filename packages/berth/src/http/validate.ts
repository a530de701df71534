// Checks what a client sent against a schema, and tells it about every fault at once.
import type { Request } from "express";
import * as v from "valibot";
import { explain } from "./explain";
import { Problem } from "./problem";

/**
 * The request's query parameters, checked.
 * @throws Problem 400 with one entry for each wrong parameter.
 */
export function parseQuery<S extends v.GenericSchema>(schema: S, req: Request): v.InferOutput<S> {
  return check(schema, req.query, 400, "Some query parameters are not valid.", byName);
}

/**
 * The path's parameters, checked.
 * @throws Problem 404 when one is not what the schema says: nothing can be at such a path.
 */
export function parseParams<S extends v.GenericSchema>(schema: S, req: Request): v.InferOutput<S> {
  const { success, output } = v.safeParse(schema, req.params);
  if (!success) throw new Problem(404, "There is nothing at this path.");
  return output;
}

/** Says where in the input a fault is. */
export type Locate = (path: string[]) => Record<string, string>;

/** Says it by a JSON pointer. */
export const byPointer: Locate = (path) => ({
  pointer: short(path.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")),
});

const byName: Locate = (path) => ({ parameter: short(path.join(".")) });

/** How much of a client's own words comes back to it: an answer must not be a multiple of its request. */
const LOCATION_LIMIT = 256;
const FAULT_LIMIT = 20;

const short = (location: string): string =>
  location.length > LOCATION_LIMIT ? `${location.slice(0, LOCATION_LIMIT)}...` : location;

/**
 * The input as the schema makes it.
 * @throws Problem with this status and message, and one entry for each fault: the first 20, and how many were `omitted`.
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
  const found = issues.slice(0, FAULT_LIMIT).flatMap((issue) => faults(issue, output));
  const errors = found
    .slice(0, FAULT_LIMIT)
    .map(({ path, detail }) => ({ ...locate(path), detail }));
  // At least: an issue may stand for several faults, and nobody counts those that are not shown.
  const omitted = found.length - errors.length + Math.max(0, issues.length - FAULT_LIMIT);
  throw new Problem(status, message, omitted > 0 ? { errors, omitted } : { errors });
}

interface Fault {
  path: string[];
  detail: string;
}

/** @param output What the schema has made of the input so far. */
function faults(issue: v.GenericIssue, output: unknown): Fault[] {
  const items = issue.path ?? [];
  const path = items.map(({ key }) => String(key));
  const isUnknownField = issue.type === "strict_object" && issue.expected === "never";
  if (!isUnknownField) return [{ path, detail: explain(issue) }];
  // The first of an object's unknown fields stands for all of them.
  const parent = path.slice(0, -1);
  const known = parent.reduce((value, key) => (value as Record<string, unknown>)[key], output);
  return Object.keys(items.at(-1)?.input as object)
    .filter((key) => !Object.hasOwn(known as object, key))
    .map((key) => ({ path: [...parent, key], detail: "is not known here" }));
}
