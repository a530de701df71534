// Recognizes the media type of a file by its first bytes, as its name and its Content-Type are only what the client says.

/** How many of a file's first bytes are looked at. */
export const HEAD_BYTES = 4096;

const ascii = (text: string) => Buffer.from(text, "latin1");

/** Whether the bytes at an offset are one of these texts, in latin1. */
const at =
  (offset: number, ...texts: string[]) =>
  (head: Buffer): boolean =>
    texts.some((text) => head.subarray(offset, offset + text.length).equals(ascii(text)));

/** Whether it is an ISO base media file of one of these brands. @see https://www.w3.org/TR/mse-byte-stream-format-isobmff/ */
const isMedia =
  (...brands: string[]) =>
  (head: Buffer): boolean =>
    at(4, "ftyp")(head) && at(8, ...brands)(head);

/** By media type, the test of a file's first bytes. */
const SIGNATURES = {
  "image/png": at(0, "\x89PNG\r\n\x1a\n"),
  "image/jpeg": at(0, "\xff\xd8\xff"),
  "image/gif": at(0, "GIF87a", "GIF89a"),
  "image/webp": (head: Buffer) => at(0, "RIFF")(head) && at(8, "WEBP")(head),
  "image/avif": isMedia("avif", "avis"),
  "image/heic": isMedia("heic", "heix", "hevc", "hevx"),
  "video/mp4": isMedia("isom", "iso2", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1", "M4V "),
  "video/webm": at(0, "\x1a\x45\xdf\xa3"),
  "audio/mpeg": at(0, "ID3", "\xff\xfb", "\xff\xf3", "\xff\xf2"),
  "application/pdf": at(0, "%PDF-"),
  "application/zip": at(0, "PK\x03\x04", "PK\x05\x06"),
  "application/gzip": at(0, "\x1f\x8b"),
} as const;

/** Types of plain text, which have no first bytes of their own: any text without NUL, of the type that the client says. */
const TEXTS = ["text/plain", "text/csv"] as const;

/** A media type that is recognized by a file's first bytes. */
export type FileType = keyof typeof SIGNATURES | (typeof TEXTS)[number];

/** All types that are recognized. */
export const FILE_TYPES: readonly string[] = [...Object.keys(SIGNATURES), ...TEXTS];

/** For a file that is none of the types. */
export const UNKNOWN_TYPE = "application/octet-stream";

/**
 * The media type of a file; `application/octet-stream` for all that is not recognized.
 * @param head The file's first bytes: `HEAD_BYTES` of them, or all.
 * @param declared The type that the client says; it only distinguishes kinds of text.
 */
export function typeOfFile(head: Buffer, declared: string): FileType | typeof UNKNOWN_TYPE {
  for (const [type, isOfType] of Object.entries(SIGNATURES)) {
    if (isOfType(head)) return type as FileType;
  }
  if (!isText(head)) return UNKNOWN_TYPE;
  return TEXTS.find((type) => type === declared) ?? "text/plain";
}

function isText(head: Buffer): boolean {
  if (head.includes(0)) return false;
  try {
    // As a stream: the last character may be cut.
    new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}
