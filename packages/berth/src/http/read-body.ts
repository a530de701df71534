// Reads a request's body into memory, up to a limit.
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate } from "node:zlib";
import type { Request } from "express";
import { Problem } from "../request/problem";

/**
 * Whether there is anything to read; false for a missing and for an empty body.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-6.3
 */
export const hasBody = ({ headers }: Request): boolean =>
  headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";

/**
 * Reads a body, as sent, into one buffer: a list of chunks would take two hundred times the memory if the bytes arrive
 * one by one. A client that sent `Expect: 100-continue` gets its 100 only now.
 * @throws Problem 413 over the limit, at once; 400 when the body is incomplete.
 */
export function readWhole(req: Request, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(req.headers["content-length"]) > limitBytes) throw new Problem(413, TOO_LARGE);
    if (req.readableEnded) throw new Error("The body has already been read, by other middleware.");
    // The client has disconnected during earlier middleware: no event would come.
    if (req.destroyed) throw new Problem(400, INCOMPLETE);
    let body: Buffer = EMPTY;
    let length = 0;
    const onData = (piece: Buffer): void => {
      const end = length + piece.length;
      if (end > limitBytes) {
        req.off("data", onData).off("end", onEnd).off("error", onAbort).resume();
        return reject(new Problem(413, TOO_LARGE));
      }
      if (length === 0) body = piece;
      else {
        if (end > body.length) body = enlarge(body, Math.min(2 * end, limitBytes));
        piece.copy(body, length);
      }
      length = end;
    };
    const onEnd = (): void => resolve(length === body.length ? body : body.subarray(0, length));
    const onAbort = (): void => reject(new Problem(400, INCOMPLETE));
    req.on("data", onData).on("end", onEnd).on("error", onAbort);
  });
}

const EMPTY = Buffer.alloc(0);

function enlarge(buffer: Buffer, bytes: number): Buffer {
  const larger = Buffer.allocUnsafe(bytes);
  buffer.copy(larger);
  return larger;
}

const DECOMPRESS = new Map([
  ["gzip", promisify(gunzip)],
  ["deflate", promisify(inflate)],
  ["br", promisify(brotliDecompress)],
]);

/**
 * Decompresses a body according to its Content-Encoding.
 * @throws Problem 415 for an unknown encoding, 400 if the body cannot be decompressed, 413 if the result is too large.
 */
export async function decompress(req: Request, sent: Buffer, limitBytes: number): Promise<Buffer> {
  const encoding = (req.headers["content-encoding"] ?? "identity").toLowerCase();
  if (encoding === "identity" || sent.length === 0) return sent;
  const decompressor = DECOMPRESS.get(encoding);
  if (!decompressor) throw new Problem(415, UNKNOWN_ENCODING);
  try {
    return await decompressor(sent, { maxOutputLength: limitBytes });
  } catch (err) {
    const isTooLarge = (err as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    throw isTooLarge ? new Problem(413, TOO_LARGE) : new Problem(400, NOT_COMPRESSED);
  }
}

const TOO_LARGE = "The body is larger than this service accepts.";
const INCOMPLETE = "The body ended before it was complete.";
const UNKNOWN_ENCODING =
  "The body's Content-Encoding is not supported: send gzip, deflate, br or none.";
const NOT_COMPRESSED = "The body does not match its Content-Encoding.";
