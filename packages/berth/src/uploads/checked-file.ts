// Passes a file on as it arrives, and fails if it is too large or its field does not accept its type.
import { Transform } from "node:stream";
import { Problem } from "../request/problem";
import type { FileRule } from "../schema/file";
import { HEAD_BYTES, typeOfFile, UNKNOWN_TYPE } from "../schema/file-types";
import { byPointer } from "../schema/validate";

/** A problem with a field of a form, as the validation reports it. */
export const fieldProblem = (status: number, message: string, name: string, detail: string) =>
  new Problem(status, message, { errors: [{ ...byPointer([name]), detail }] });

export const INVALID = "Some fields are not valid.";

/** The head of a file's part. */
export interface FileHead {
  /** The field's name. */
  field: string;
  /** The client's name for the file; empty if a browser's user has not chosen a file. */
  name: string;
  /** The Content-Type that the client declares. */
  declared: string;
}

/** A file while it passes through. */
export interface CheckedFile {
  stream: Transform;
  /** The file's type; `application/octet-stream` until its first bytes have arrived. */
  type: () => string;
  /** How many bytes have arrived. */
  bytes: () => number;
  /** Whether there is no file: browsers send an empty one without a name if the user has not chosen a file. */
  isAbsent: () => boolean;
}

/** Callbacks while a file passes through. */
export interface FileEvents {
  /** Called when the type is known and accepted. */
  onType: () => void;
  /** Resolves when the stream may end. */
  untilComplete: () => Promise<void>;
}

const NOTHING: FileEvents = { onType: () => undefined, untilComplete: () => Promise.resolve() };

export function createCheckedFile(
  { field, name, declared }: FileHead,
  { maxBytes, types }: FileRule,
  { onType, untilComplete }: FileEvents = NOTHING,
): CheckedFile {
  let head: Buffer = Buffer.alloc(0);
  let bytes = 0;
  let type: string | undefined;
  const isAbsent = () => bytes === 0 && name === "";

  /** @throws Problem 422 for a type that is not accepted. */
  function recognize(stream: Transform): void {
    const found = typeOfFile(head, declared);
    if (types && !isAbsent() && !(types as readonly string[]).includes(found)) {
      throw fieldProblem(422, INVALID, field, `must be a file of type ${types.join(" or ")}`);
    }
    type = found;
    stream.push(head);
    onType();
  }

  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        const detail = `must have at most ${maxBytes} bytes`;
        return done(fieldProblem(413, "A file is too large.", field, detail));
      }
      if (type !== undefined) return done(null, chunk);
      head = Buffer.concat([head, chunk]);
      attempt(() => head.length < HEAD_BYTES || recognize(this), done);
    },
    flush(done) {
      attempt(
        () => type !== undefined || recognize(this),
        (err) => (err ? done(err) : void untilComplete().then(() => done(), done)),
      );
    },
  });
  // The stream may be destroyed before anything reads it.
  stream.on("error", () => undefined);
  return { stream, type: () => type ?? UNKNOWN_TYPE, bytes: () => bytes, isAbsent };
}

function attempt(work: () => unknown, done: (err?: Error) => void): void {
  try {
    work();
  } catch (err) {
    return done(err as Error);
  }
  done();
}
