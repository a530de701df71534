// Checks a page's form without an error response, so that the page can be shown again with what is wrong beside the fields.
import type { Request } from "express";
import * as v from "valibot";
import { parseForm } from "../http/body";
import { Problem } from "../request/problem";
import type { BodyOptions } from "../schema/description";
import { byPointer, validate } from "../schema/validate";

/** A form's fields: checked, or as they were sent, to be shown again. */
export type CheckedForm<Input> =
  | { isValid: true; input: Input; values: FieldTexts; errors: FieldTexts }
  | { isValid: false; values: FieldTexts; errors: FieldTexts };

/** Text by the field's name. Of `errors`, `""` has what belongs to no field. */
export type FieldTexts = Readonly<Record<string, string | undefined>>;

/**
 * Reads a form and checks it by the schema that an API would have. An empty field that the schema does not require counts as
 * absent, and line breaks are `\n`.
 * @throws Problem as `parseForm` of `berth/http` does, but for fields that are not valid.
 */
export async function checkForm<S extends v.GenericSchema>(
  schema: S,
  req: Request,
  options: BodyOptions = {},
): Promise<CheckedForm<v.InferOutput<S>>> {
  const body = await parseForm(ANY_FIELDS, req, options);
  const fields = Object.entries(body).map(
    ([name, value]) => [name, withPlainBreaks(value)] as const,
  );
  const { entries = {} } = schema as { entries?: Readonly<Record<string, v.GenericSchema>> };
  const isAbsent = (name: string, value: unknown) =>
    value === "" &&
    Object.hasOwn(entries, name) &&
    v.is(entries[name] as v.GenericSchema, undefined);
  const sent = nameless(fields.filter(([name, value]) => !isAbsent(name, value)));
  const values = nameless(fields.map(([name, value]) => [name, firstText(value)] as const));
  try {
    const input = validate(schema, sent, 422, "", byPointer);
    return { isValid: true, input, values, errors: nameless<string>([]) };
  } catch (err) {
    const found = err instanceof Problem ? err.members.errors : undefined;
    if (!Array.isArray(found)) throw err;
    return { isValid: false, values, errors: byField(found as FieldError[], entries) };
  }
}

const ANY_FIELDS = v.custom<object>(() => true);

/** Without a prototype: a field may be called `constructor`. */
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

/** The first error of each field; those of fields that the form does not have, and of the whole form, are together. */
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
