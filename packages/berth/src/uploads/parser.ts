// The parser of multipart forms.
import type { IncomingHttpHeaders } from "node:http";
import type { Readable, Writable } from "node:stream";
import type * as FastifyBusboy from "@fastify/busboy";
import { Problem } from "../request/problem";
import type { FileHead } from "./checked-file";

/** Callbacks for the parts of a form; an error thrown by one ends the parser. */
export interface PartHandlers {
  onText: (name: string, value: string, isTruncated: boolean) => void;
  onFile: (head: FileHead, content: Readable) => void;
  /** Called when all parts have been read. */
  onEnd: () => void;
  /** Called once, with an error in the form, or one thrown by another callback. */
  onError: (err: unknown) => void;
}

/** The largest head of a part, in bytes. */
export const PART_HEAD_BYTES = 8192;

/**
 * Creates a stream that parses the form's body written to it.
 * @param fieldBytes The largest field that is not a file.
 * @throws Problem 400 when the Content-Type has no boundary.
 */
export function createParser(
  headers: IncomingHttpHeaders,
  fieldBytes: number,
  { onText, onFile, onEnd, onError }: PartHandlers,
): Writable {
  const parser = create(headers, fieldBytes);
  let isOver = false;
  const handle = (work: () => void): void => {
    if (isOver) return;
    try {
      work();
    } catch (err) {
      isOver = true;
      onError(err);
    }
  };
  parser.on("field", (name: string | undefined, value, _isCut, isTruncated) => {
    handle(() => onText(named(name), value, isTruncated));
  });
  parser.on("file", (field: string | undefined, content, fileName, _encoding, declared) => {
    // A truncated file emits its own error, before the parser's.
    content.on("error", () => undefined);
    handle(() => onFile({ field: named(field), name: shownName(fileName), declared }, content));
  });
  parser.on("error", () => handle(() => malformed()));
  parser.on("finish", () => handle(onEnd));
  return parser;
}

function create(headers: IncomingHttpHeaders, fieldBytes: number): FastifyBusboy.BusboyInstance {
  const { Busboy } = load();
  try {
    return new Busboy({
      headers: headers as FastifyBusboy.BusboyHeaders,
      // A part without a file name is a field, whatever its type: for files, browsers always send a name, even if empty.
      isPartAFile: (_field, _type, fileName) => fileName !== undefined,
      limits: { fieldSize: fieldBytes, headerSize: PART_HEAD_BYTES, headerPairs: 20 },
    });
  } catch {
    throw new Problem(400, "The form's Content-Type has no boundary.");
  }
}

function malformed(): never {
  throw new Problem(400, "The body must be a valid multipart form.");
}

function named(name: string | undefined): string {
  if (name === undefined) throw new Problem(400, "A part of the form has no name.");
  return name;
}

/** The maximum length of a file's name, in characters. */
const NAME_LIMIT = 255;

/** A client's name for a file, without control characters; the parser has kept only the part after the last slash. */
const shownName = (name: string): string =>
  name
    .replace(/\p{Cc}/gu, "")
    .toWellFormed()
    .slice(-NAME_LIMIT);

/** Loaded with the first form. */
const load = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start
  require("@fastify/busboy") as typeof FastifyBusboy;
