// Validates a page's form without an error response, so that the page can be shown again with errors next to the fields.
import type { Request } from "express";
import * as v from "valibot";
import { readFields } from "../http/form";
import { Problem } from "../request/problem";
import type { FormOptions } from "../schema/description";
import { explainText } from "../schema/explain";
import { byPointer, validate } from "../schema/validate";
import { valuesBefore } from "../uploads/form-values";

/** A form's fields: validated, or as they were sent, to be shown again. */
export type CheckedForm<Input> =
  | { isValid: true; input: Input; values: FieldTexts; errors: FieldTexts }
  | { isValid: false; values: FieldTexts; errors: FieldTexts };

/** Text by the field's name. In `errors`, `""` has those that belong to no field. */
export type FieldTexts = Readonly<Record<string, string | undefined>>;

/**
 * Reads a form and validates it by the same schema as an API's. An empty field that the schema does not require counts as
 * absent, and line breaks are `\n`. If a file is rejected, the rest of the form is not read.
 * @throws Problem as `parseForm` of `berth/http` does, except for invalid fields and files.
 */
export async function checkForm<S extends v.GenericSchema>(
  schema: S,
  req: Request,
  options: FormOptions = {},
): Promise<CheckedForm<v.InferOutput<S>>> {
  const { entries = {} } = schema as { entries?: Readonly<Record<string, v.GenericSchema>> };
  const invalid = (err: unknown, values: FieldTexts) => {
    const found = err instanceof Problem ? err.members.errors : undefined;
    if (!Array.isArray(found)) throw err;
    const errors = byField(found as FieldError[], entries);
    return { isValid: false as const, values, errors };
  };
  let body: object;
  try {
    body = await readFields(schema, req, options);
  } catch (err) {
    return invalid(err, textsOf(valuesBefore(err as Error)));
  }
  const fields = plainFields(body);
  const isAbsent = (name: string, value: unknown) =>
    value === "" &&
    Object.hasOwn(entries, name) &&
    v.is(entries[name] as v.GenericSchema, undefined);
  const sent = nameless(fields.filter(([name, value]) => !isAbsent(name, value)));
  const values = textsOf(body);
  try {
    const input = validate(schema, sent, 422, "", byPointer, explainText);
    return { isValid: true, input, values, errors: nameless<string>([]) };
  } catch (err) {
    return invalid(err, values);
  }
}

const plainFields = (body: object) =>
  Object.entries(body).map(([name, value]) => [name, withPlainBreaks(value)] as const);

/** Files cannot be shown again. */
const textsOf = (body: object): FieldTexts =>
  nameless(plainFields(body).map(([name, value]) => [name, firstText(value)] as const));

/** Without a prototype, because a field may be called `constructor`. */
const nameless = <T>(fields: readonly (readonly [string, T])[]): Record<string, T> =>
  Object.assign(Object.create(null) as object, Object.fromEntries(fields));

/** Browsers send the line breaks of a text area as CRLF, and count them as one character. */
function withPlainBreaks(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("\r\n", "\n");
  return Array.isArray(value) ? value.map(withPlainBreaks) : value;
}

function firstText(value: unknown): string {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === "string" ? first : "";
}

interface FieldError {
  pointer: string;
  detail: string;
}

/** The first error of each field. Errors of the whole form, and of fields that it does not have, are joined. */
function byField(found: readonly FieldError[], entries: object): FieldTexts {
  const errors: Record<string, string> = nameless<string>([]);
  for (const { pointer, detail } of found) {
    const [, field = ""] = pointer.split("/").map(unescapePointer);
    const isField = Object.hasOwn(entries, field);
    const name = isField ? field : "";
    const text = isField || field === "" ? detail : `${field} ${detail}`;
    errors[name] ??= text;
  }
  return errors;
}

const unescapePointer = (part: string): string => part.replaceAll("~1", "/").replaceAll("~0", "~");
