// Reads and validates forms, with or without files, when a handler asks for them.
import { parse } from "node:querystring";
import type { Request, RequestHandler } from "express";
import type * as v from "valibot";
import { bodyLimit } from "../express/app";
import { Problem } from "../request/problem";
import type { FormOptions } from "../schema/description";
import { explainText } from "../schema/explain";
import { entriesOf, type FileField, fileFieldsOf } from "../schema/file";
import type * as Multipart from "../uploads/read-multipart";
import { checkFields, readText, typeOf } from "./body";
import { hasBody } from "./read-body";

/**
 * The fields of a form, validated: each is text, or an array if it was sent several times. Files are fields of
 * `berth/schema`, `file` and `streamedFile`, and come as `multipart/form-data`; a form without files may also be
 * `application/x-www-form-urlencoded`. If `req.body` is already set, as by `multipart`, that is validated.
 * @throws Problem as `parseBody` does; 422 also for a file of another type, 507 when the disk is full. TypeError when the
 *   schema's files contradict each other.
 * @see https://www.rfc-editor.org/rfc/rfc7578
 */
export async function parseForm<S extends v.GenericSchema>(
  schema: S,
  req: Request,
  options: FormOptions = {},
): Promise<v.InferOutput<S>> {
  return checkFields(schema, await readFields(schema, req, options), explainText);
}

/** The fields of a form, not validated, but for its files. @throws Problem as `parseForm` does. */
export async function readFields(
  schema: v.GenericSchema,
  req: Request,
  options: FormOptions = {},
): Promise<object> {
  if (req.body === undefined)
    req.body = await readForm(req, fileFieldsOf(entriesOf(schema)), options);
  return req.body as object;
}

/** What `multipart` reads. */
export interface MultipartOptions extends FormOptions {
  /** The form's files by name: `{ photo: file({ maxBytes: 5_000_000 }) }`. None by default. */
  files?: v.ObjectEntries;
}

/**
 * Middleware that reads a multipart form into `req.body`, where `parseForm` then validates it; other bodies are not read.
 * Files are checked while they arrive, and removed when the response closes.
 * @throws TypeError at once when the files contradict each other; Problem in requests, as `parseForm` does.
 */
export function multipart({ files = {}, ...options }: MultipartOptions = {}): RequestHandler {
  const fileFields = fileFieldsOf(files);
  return async (req, _res, next) => {
    if (req.body === undefined && MULTIPART_TYPE.test(typeOf(req)))
      req.body = await readForm(req, fileFields, options);
    next();
  };
}

const FORM_TYPE = /^application\/x-www-form-urlencoded[ \t]*(;|$)/i;
const MULTIPART_TYPE = /^multipart\/form-data[ \t]*(;|$)/i;

/** An empty body of the type of a form without files is a form without fields. */
async function readForm(
  req: Request,
  fileFields: ReadonlyMap<string, FileField>,
  options: FormOptions,
): Promise<object> {
  const type = typeOf(req);
  if (MULTIPART_TYPE.test(type)) {
    const { limitBytes = bodyLimit(req) } = options;
    return loadMultipart().readMultipart(req, { ...options, fileFields, limitBytes });
  }
  if (fileFields.size === 0 && FORM_TYPE.test(type)) {
    // No maximum, as the body limit bounds them: Node would silently drop fields after the thousandth.
    return parse(await readText(req, options), "&", "=", { maxKeys: 0 });
  }
  if (!hasBody(req)) throw new Problem(400, "The request needs a form body.");
  throw new Problem(415, fileFields.size === 0 ? NO_FORM : NO_FORM_WITH_FILES);
}

const NO_FORM =
  "The body must be a form: send Content-Type: application/x-www-form-urlencoded or multipart/form-data.";
const NO_FORM_WITH_FILES =
  "The body must be a form with files: send Content-Type: multipart/form-data.";

/** Loaded with the first form of this type. */
const loadMultipart = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start
  require("../uploads/read-multipart") as typeof Multipart;
