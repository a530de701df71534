// Checks a message against a schema, and tells the client about every fault at once.
import * as v from "valibot";
import { explain } from "berth/schema";
import { CallError } from "./call-error";

/** An answer must not be a multiple of its request. */
const FAULT_LIMIT = 20;

/**
 * The message as the schema makes it, which names all of the message's fields.
 * @throws CallError INVALID_ARGUMENT with one violation for each of the first 20 faults.
 */
export function parseMessage<S extends v.GenericSchema>(
  schema: S,
  message: unknown,
): v.InferOutput<S> {
  const { success, output, issues } = v.safeParse(schema, message);
  if (success) return output;
  const violations = issues.slice(0, FAULT_LIMIT).map((issue) => ({
    field: fieldOf(issue.path ?? []),
    description: explain(issue),
  }));
  throw new CallError("INVALID_ARGUMENT", "Some fields are not valid.", { violations });
}

/** As the .proto file names it: `stops[1].display_name`. */
const fieldOf = (path: readonly v.IssuePathItem[]): string =>
  path
    .map(({ key }) =>
      typeof key === "number" ? `[${key}]` : `.${String(key).replaceAll(/[A-Z]/g, snake)}`,
    )
    .join("")
    .replace(/^\./, "");

const snake = (letter: string): string => `_${letter.toLowerCase()}`;
