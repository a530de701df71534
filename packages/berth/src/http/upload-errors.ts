// Recognizes client errors of multer and its parser, busboy, which have no status.

/** What is wrong with an upload, for the client. */
export interface UploadError {
  status: number;
  detail: string;
}

/** Multer's codes for exceeded limits. */
const TOO_MUCH = /^LIMIT_(FILE_SIZE|FIELD_VALUE|(PART|FILE|FIELD)_COUNT)$/;
/** Multer's codes for unexpected field names. */
const WRONG_NAME = /^(LIMIT_|MISSING_FIELD_NAME$|INVALID_FIELD_NAME$)/;

/** The messages of busboy for a malformed body, and of multer for an incomplete one. */
const MALFORMED = new Set([
  "Malformed content type",
  "Malformed part header",
  "Multipart: Boundary not found",
  "Unexpected end of file",
  "Unexpected end of form",
  "Request aborted",
  "Request closed",
]);

/** Status and detail for an upload's error, or undefined for other errors. These messages quote no input. */
export function uploadError(err: object): UploadError | undefined {
  const { name, code, message } = err as Readonly<Record<string, unknown>>;
  if (typeof message !== "string") return undefined;
  if (name === "MulterError" && typeof code === "string") {
    if (TOO_MUCH.test(code)) return { status: 413, detail: `${message}.` };
    return WRONG_NAME.test(code) ? { status: 400, detail: `${message}.` } : undefined;
  }
  return MALFORMED.has(message) ? { status: 400, detail: `${message}.` } : undefined;
}
