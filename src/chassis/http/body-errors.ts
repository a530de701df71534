// What a client is told whose body cannot be read.
import { Problem } from "./problem";

/** For a body that claims another charset. */
export const UNKNOWN_CHARSET = "The body's charset is not supported: send UTF-8.";
/** For a body that is not UTF-8 though it should be. */
export const NOT_UTF8 = "The body is not valid UTF-8.";
/** For a body over the limit. */
export const TOO_LARGE = "The body is larger than this service accepts.";
/** For a body that is not JSON, or a JSON scalar. */
export const NOT_JSON = "The body must be valid JSON: an object or an array.";

/** The body parser's messages quote the body or speak of its internals; these speak to the client. */
const DETAILS: Readonly<Record<string, string>> = {
  "charset.unsupported": UNKNOWN_CHARSET,
  "encoding.unsupported":
    "The body's Content-Encoding is not supported: send gzip, deflate, br or none.",
  "entity.parse.failed": NOT_JSON,
  "entity.too.large": TOO_LARGE,
  "request.size.invalid": "The body's size differs from its Content-Length.",
};

/** What zlib says has no type. */
const NOT_COMPRESSED = "The body is not compressed as its Content-Encoding says.";

/** An error of Express' body parser as a problem, if it blames the client: then it has a status. */
export function bodyProblem(err: Error & { status?: number; type?: string }): Error {
  const { status = 500, type } = err;
  if (err instanceof Problem || status >= 500) return err;
  const detail = type === undefined ? NOT_COMPRESSED : DETAILS[type];
  return new Problem(status, detail ?? "The body cannot be read.");
}
