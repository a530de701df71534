// Validates a request's input against a schema, and reports all errors at once.
import type { Request } from "express";
import * as v from "valibot";
import { Problem } from "../request/problem";
import { explain, explainText } from "./explain";
import { refuseArrays } from "./refuse-arrays";

/**
 * The request's query parameters, validated.
 * @throws Problem 400 with one entry for each invalid parameter.
 */
export function parseQuery<S extends v.GenericSchema>(schema: S, req: Request): v.InferOutput<S> {
  return validate(
    schema,
    req.query,
    400,
    "Some query parameters are not valid.",
    byName,
    explainText,
  );
}

/**
 * The path's parameters, validated.
 * @throws Problem 404 when one does not match: there can be nothing at such a path.
 */
export function parseParams<S extends v.GenericSchema>(schema: S, req: Request): v.InferOutput<S> {
  const { success, output } = v.safeParse(schema, req.params);
  if (!success) throw new Problem(404, "There is nothing at this path.");
  return output;
}

/** The members of a problem's error that say where in the input it is. */
export type Locate = (path: string[]) => Record<string, string>;

/** As a JSON pointer into the body. @see https://www.rfc-editor.org/rfc/rfc6901 */
export const byPointer: Locate = (path) => ({
  pointer: truncate(
    path.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""),
  ),
});

const byName: Locate = (path) => ({ parameter: truncate(path.join(".")) });

/** The most characters of a location, and the most errors: a response must not be many times as large as its request. */
const LOCATION_LIMIT = 256;
const ERROR_LIMIT = 20;

const truncate = (location: string): string =>
  location.length > LOCATION_LIMIT ? `${location.slice(0, LOCATION_LIMIT)}...` : location;

/**
 * The schema's output for the input.
 * @param say Returns the message for an issue.
 * @throws Problem with this status and message, and one entry for each error: the first 20, and how many were
 *   `omitted`.
 */
export function validate<S extends v.GenericSchema>(
  schema: S,
  input: unknown,
  status: number,
  message: string,
  locate: Locate,
  say = explain,
): v.InferOutput<S> {
  refuseArrays(schema);
  const { success, output, issues } = v.safeParse(schema, input);
  if (success) return output;
  const found = issues.slice(0, ERROR_LIMIT).flatMap((issue) => fieldErrors(issue, output, say));
  const errors = found
    .slice(0, ERROR_LIMIT)
    .map(({ path, detail }) => ({ ...locate(path), detail }));
  // At least: an issue that is left out may stand for several unknown fields.
  const omitted = found.length - errors.length + Math.max(0, issues.length - ERROR_LIMIT);
  throw new Problem(status, message, omitted > 0 ? { errors, omitted } : { errors });
}

interface FieldError {
  path: string[];
  detail: string;
}

/** The errors of one issue. @param output What valibot has made of the input: of an object, only its known fields. */
function fieldErrors(issue: v.GenericIssue, output: unknown, say: typeof explain): FieldError[] {
  const items = issue.path ?? [];
  const path = items.map(({ key }) => String(key));
  const isUnknownField = issue.type === "strict_object" && issue.expected === "never";
  if (!isUnknownField) return [{ path, detail: say(issue) }];
  // Valibot reports only the first unknown field of an object.
  const parent = path.slice(0, -1);
  const knownFields = parent.reduce(
    (value, key) => (value as Record<string, unknown>)[key],
    output,
  );
  return Object.keys(items.at(-1)?.input as object)
    .filter((key) => !Object.hasOwn(knownFields as object, key))
    .map((key) => ({ path: [...parent, key], detail: "is not a known field" }));
}
