// Collects the fields of a form, within its limits.
import { Problem } from "../request/problem";
import type { FileField } from "../schema/file";
import { count } from "../schema/explain";
import { fieldProblem, INVALID } from "./checked-file";

/** The limits of a form's fields; each file field has its own. */
export interface FieldLimits {
  /** The maximum size of all fields together, in bytes, including names but not files. */
  limitBytes: number;
  /** The maximum number of fields that are not files. */
  maxFields: number;
}

/** The fields of a form by name: text, a file, or a list of either. */
export type FormValues = Record<string, unknown>;

/** The fields that had been read when a file was rejected. */
const readBefore = new WeakMap<Error, FormValues>();

/** The fields before a file that was rejected with this error. */
export const valuesBefore = (refusal: Error): FormValues => readBefore.get(refusal) ?? {};

export const setValuesBefore = (refusal: Error, values: FormValues): void =>
  void readBefore.set(refusal, values);

/** @param fileFields Which fields are files; those that accept several always get a list, even if it is empty. */
export function createFormValues(
  fileFields: ReadonlyMap<string, FileField>,
  { limitBytes, maxFields }: FieldLimits,
) {
  // Without a prototype, because clients choose the names.
  const values = Object.create(null) as FormValues;
  for (const [name, { isList, isOptional }] of fileFields)
    if (isList && !isOptional) values[name] = [];
  const filesBegun = new Map<string, number>();
  let fields = 0;
  let bytes = 0;

  function add(name: string, value: unknown): void {
    const known = values[name];
    const isList = fileFields.get(name)?.isList ?? false;
    if (known === undefined) values[name] = isList ? [value] : value;
    else if (Array.isArray(known)) known.push(value);
    else values[name] = [known, value];
  }

  return {
    values,
    /** Adds a complete file. */
    addFile: add,
    /** @throws Problem 413 over a limit. */
    addText(this: void, name: string, value: string, isTruncated: boolean): void {
      bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
      if (isTruncated || bytes > limitBytes) throw new Problem(413, FIELDS_TOO_LARGE);
      if (++fields > maxFields)
        throw new Problem(413, `The form has more than ${count(maxFields, "field")}.`);
      add(name, value);
    },
    /** The field of a file that starts to arrive. @throws Problem 422 if there is no such field, or it has enough files. */
    fieldOfFile(this: void, name: string): FileField {
      const field = fileFields.get(name);
      if (!field) throw fieldProblem(422, INVALID, name, "must not be a file");
      const begun = (filesBegun.get(name) ?? 0) + 1;
      filesBegun.set(name, begun);
      if (begun > field.maxFiles)
        throw fieldProblem(
          422,
          INVALID,
          name,
          `must have at most ${count(field.maxFiles, "file")}`,
        );
      return field;
    },
  };
}

const FIELDS_TOO_LARGE = "The form's fields are larger than this service accepts.";
