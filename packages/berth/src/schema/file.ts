// Fields of forms that are files: valibot schemas, with the limits that apply while a file arrives.
import type { Readable } from "node:stream";
import * as v from "valibot";
import { FILE_TYPES, type FileType } from "./file-types";

/** What a file may be. */
export interface FileOptions {
  /** The largest file, in bytes. */
  maxBytes: number;
  /** The accepted media types, recognized by the file's first bytes; any file by default. */
  types?: readonly FileType[];
}

/** What is known of a file that a client sends. */
interface SentFile {
  /** The client's name for it, without folders and control characters; data to show, never a path. May be empty. */
  name: string;
  /** The media type, by the first bytes; `application/octet-stream` if it is not recognized. */
  type: string;
}

/** A file that has arrived, and is stored until the response closes. */
export interface UploadedFile extends SentFile {
  /** Its size, in bytes. */
  bytes: number;
  /** Where it is stored. It is removed when the response closes: move it, or copy it, to keep it. Not part of its JSON. */
  path: string;
}

/** A file that is still arriving. */
export interface StreamedFile extends SentFile {
  /**
   * Its bytes. It ends when the whole form has arrived; until then it can fail with the Problem that the client is to
   * get, such as 413 for a file that is too large.
   */
  stream: Readable;
}

/** A file's limits. */
export interface FileRule extends FileOptions {
  /** Whether the handler reads the file while it arrives. */
  isStreamed: boolean;
}

/** The files that were received: a client can name no path by sending JSON that looks like one. */
const received = new WeakSet<object>();

/** Marks a file as received, so that the schemas accept it. */
export function asReceived<T extends UploadedFile | StreamedFile>(file: T): T {
  received.add(file);
  return file;
}

/**
 * A file in a form, stored in a temporary folder before the handler is called. `v.optional(file(…))` may be absent, and
 * `arrayOf(file(…), 1, 3)` takes several.
 * @throws TypeError for a type that is not recognized by a file's first bytes.
 */
export const file = (options: FileOptions) =>
  withRule(
    v.custom<UploadedFile>((value) => isReceived(value) && "path" in value, NO_FILE),
    { ...options, isStreamed: false },
  );

/**
 * A file in a form that the handler reads while it arrives, for example to pass it on. It must be the last part of the
 * form: the fields before it are validated first.
 * @throws TypeError for a type that is not recognized by a file's first bytes.
 */
export const streamedFile = (options: FileOptions) =>
  withRule(
    v.custom<StreamedFile>((value) => isReceived(value) && "stream" in value, NO_FILE),
    { ...options, isStreamed: true },
  );

const NO_FILE = "must be a file";

const isReceived = (value: unknown): value is object =>
  typeof value === "object" && value !== null && received.has(value);

/** A schema of files. */
export type FileSchema = v.GenericSchema & { readonly fileRule: FileRule };

function withRule<S extends v.GenericSchema>(
  schema: S,
  fileRule: FileRule,
): S & { readonly fileRule: FileRule } {
  const { maxBytes, types } = fileRule;
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1)
    throw new TypeError(`maxBytes must be a whole number of bytes, not ${maxBytes}`);
  const unknown = types?.find((type) => !FILE_TYPES.includes(type));
  if (unknown !== undefined) {
    throw new TypeError(
      `Files of type ${unknown} are not recognized: leave out types, and check the file in the handler. Recognized are ${FILE_TYPES.join(", ")}.`,
    );
  }
  return Object.assign(schema, { fileRule });
}

/** A file field of a form. */
export interface FileField {
  rule: FileRule;
  /** The most files that it takes. */
  maxFiles: number;
  /** Whether its value is an array, also of one file. */
  isList: boolean;
  /** Whether it may be absent: a list is empty then otherwise. */
  isOptional: boolean;
}

/** The file fields of an object's schema, by name. @throws TypeError for two streamed files, or a list of them. */
export function fileFieldsOf(entries: v.ObjectEntries): Map<string, FileField> {
  const fields = new Map<string, FileField>();
  for (const [name, schema] of Object.entries(entries)) {
    const field = fileFieldOf(schema);
    if (field) fields.set(name, field);
  }
  const streamed = [...fields.values()].filter(({ rule }) => rule.isStreamed);
  const last = Object.keys(entries).at(-1);
  if (streamed.length === 1 && !fields.get(last ?? "")?.rule.isStreamed)
    throw new TypeError("A streamed file must be the form's last field, as it is its last part.");
  if (streamed.length > 1 || streamed.some(({ isList }) => isList))
    throw new TypeError("A form can have one streamed file, as its last part: use file() instead.");
  return fields;
}

/** The members of valibot's schemas that wrap another one. */
type Wrapper = Partial<FileSchema> & {
  type: string;
  wrapped?: v.GenericSchema;
  item?: v.GenericSchema;
  pipe?: readonly { type: string; requirement?: unknown }[];
};

function fileFieldOf(schema: v.GenericSchema): FileField | undefined {
  const { fileRule, wrapped, item, pipe = [] } = schema as Wrapper;
  if (fileRule) return { rule: fileRule, maxFiles: 1, isList: false, isOptional: false };
  if (wrapped) {
    const field = fileFieldOf(wrapped);
    return field && { ...field, isOptional: true };
  }
  const inner = item && fileFieldOf(item);
  if (!inner) return undefined;
  const max = pipe.find(({ type }) => type === "max_length")?.requirement;
  if (typeof max !== "number")
    throw new TypeError("A list of files needs a maximum: arrayOf(file({ … }), 0, 10).");
  return { ...inner, maxFiles: max, isList: true };
}

/** The fields of an object's schema, also of one in a pipe; none of any other schema. */
export const entriesOf = (schema: v.GenericSchema): v.ObjectEntries =>
  (schema as { entries?: v.ObjectEntries }).entries ?? {};
