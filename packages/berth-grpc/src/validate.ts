// Validates a message against a schema, and reports all invalid fields at once.
import * as v from "valibot";
import { explain } from "berth/schema";
import { CallError } from "./call-error";

/** The most violations in a response, so that it stays small. */
const MAX_VIOLATIONS = 20;

/**
 * Returns the schema's output for a message. The schema must name all fields of the message.
 * @throws CallError INVALID_ARGUMENT with up to 20 violations
 */
export function parseMessage<S extends v.GenericSchema>(
  schema: S,
  message: unknown,
): v.InferOutput<S> {
  const { success, output, issues } = v.safeParse(schema, message);
  if (success) return output;
  const violations = issues.slice(0, MAX_VIOLATIONS).map((issue) => ({
    field: fieldOf(issue.path ?? []),
    description: explain(issue),
  }));
  throw new CallError("INVALID_ARGUMENT", "Some fields are not valid.", { violations });
}

/** The field's name in the .proto file: `stops[1].display_name`. */
const fieldOf = (path: readonly v.IssuePathItem[]): string =>
  path
    .map(({ key }) =>
      typeof key === "number" ? `[${key}]` : `.${String(key).replaceAll(/[A-Z]/g, snake)}`,
    )
    .join("")
    .replace(/^\./, "");

const snake = (letter: string): string => `_${letter.toLowerCase()}`;
