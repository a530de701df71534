// The parser of multipart forms, with the events of its parts.
import type { IncomingHttpHeaders } from "node:http";
import type { Readable, Writable } from "node:stream";
import type * as FastifyBusboy from "@fastify/busboy";
import { Problem } from "../request/problem";
import type { FileHead } from "./checked-file";

/** What a parser does with the parts of a form; what it throws ends the parser. */
export interface PartHandlers {
  onText: (name: string, value: string, isTruncated: boolean) => void;
  onFile: (head: FileHead, content: Readable) => void;
  /** Called when all parts have been read. */
  onEnd: () => void;
  /** Called once, with what is wrong with the form, or what another handler has thrown. */
  onError: (err: unknown) => void;
}

/** The largest head of a part, in bytes. */
export const PART_HEAD_BYTES = 8192;

/**
 * Creates a stream to which a form's body is written.
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
    // A file that is cut off has an error of its own, before the parser's.
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
      // A part without a file name is a field, whatever its type: browsers send a name, also an empty one.
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

/** The most characters of a file's name. */
const NAME_LIMIT = 255;

/** A client's name for a file, of which the parser leaves the part after the last slash, without control characters. */
const shownName = (name: string): string =>
  name
    .replace(/\p{Cc}/gu, "")
    .toWellFormed()
    .slice(-NAME_LIMIT);

/** Loaded with the first form. */
const load = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start
  require("@fastify/busboy") as typeof FastifyBusboy;
