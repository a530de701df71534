// What multer and its parser, busboy, say of an upload: without a status, though it is the client's fault.

/** What is wrong with an upload, for its client. */
export interface UploadFault {
  status: number;
  detail: string;
}

/** Multer's codes for more or larger than its limits allow. */
const TOO_MUCH = /^LIMIT_(FILE_SIZE|FIELD_VALUE|(PART|FILE|FIELD)_COUNT)$/;
/** Multer's codes for other names than it is told to expect. */
const WRONG_NAME = /^(LIMIT_|MISSING_FIELD_NAME$|INVALID_FIELD_NAME$)/;

/** All that busboy says of a body, and multer of one that broke off. */
const MALFORMED = new Set([
  "Malformed content type",
  "Malformed part header",
  "Multipart: Boundary not found",
  "Unexpected end of file",
  "Unexpected end of form",
  "Request aborted",
  "Request closed",
]);

/** What an error says of an upload, or undefined when it is no such error. Their messages quote nothing. */
export function uploadFault(err: object): UploadFault | undefined {
  const { name, code, message } = err as Readonly<Record<string, unknown>>;
  if (typeof message !== "string") return undefined;
  if (name === "MulterError" && typeof code === "string") {
    if (TOO_MUCH.test(code)) return { status: 413, detail: `${message}.` };
    return WRONG_NAME.test(code) ? { status: 400, detail: `${message}.` } : undefined;
  }
  return MALFORMED.has(message) ? { status: 400, detail: `${message}.` } : undefined;
}
