// Decodes an answer that is compressed although calls ask for identity: file stores serve what was stored compressed that way.
import { promisify } from "node:util";
import { brotliDecompress, unzip } from "node:zlib";
import type * as undici from "undici";
import { ServiceError } from "./errors";

type Head = Pick<undici.Dispatcher.ResponseData, "statusCode" | "headers">;

const DECODERS: Readonly<Record<string, typeof unzip.__promisify__>> = {
  gzip: promisify(unzip),
  "x-gzip": promisify(unzip),
  deflate: promisify(unzip),
  br: promisify(brotliDecompress),
};

/** Whether the body has to be decoded before it is read. @see https://www.rfc-editor.org/rfc/rfc9110#section-8.4 */
export const isEncoded = ({ headers }: Head): boolean => headers["content-encoding"] !== undefined;

/**
 * Returns the text of an encoded body; of an error's that cannot be decoded, none, as its status says enough.
 * @param limitBytes How long it may be once it is decoded.
 * @throws ServiceError
 */
export async function decodeText(
  service: string,
  { statusCode, headers }: Head,
  body: ArrayBuffer,
  limitBytes: number,
): Promise<string> {
  const encodings = String(headers["content-encoding"]).toLowerCase().split(/ *, */).reverse();
  let bytes: NodeJS.ArrayBufferView = Buffer.from(body);
  try {
    for (const encoding of encodings) {
      // Answers to HEAD have the header alone.
      if (bytes.byteLength === 0 || encoding === "identity") continue;
      const decode = DECODERS[encoding];
      if (!decode) throw new Error(`The content encoding ${encoding} is not supported.`);
      bytes = await decode(bytes, { maxOutputLength: limitBytes });
    }
    return new TextDecoder().decode(bytes);
  } catch (err) {
    if (statusCode >= 400) return "";
    const isTooLong = (err as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    const what = isTooLong
      ? "has answered with too much"
      : "has answered with a body that cannot be decoded";
    throw new ServiceError(service, "badAnswer", 502, what, { cause: err });
  }
}
