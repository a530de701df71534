// Parses one HTTP/1.x response from the start of a latin1 string.

/** A complete response. Header names are in lower case; repeated headers are joined by commas. */
export interface Response {
  readonly statusLine: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Parsed {
  readonly response: Response;
  /** The number of characters consumed. */
  readonly length: number;
}

/** Returns the first response, or `undefined` if it is incomplete; `ended` means that nothing follows. */
export function parseResponse(text: string, ended: boolean): Parsed | undefined {
  const headLength = text.indexOf("\r\n\r\n") + 4;
  if (headLength < 4) return undefined;
  const [statusLine = "", ...lines] = text.slice(0, headLength - 4).split("\r\n");
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1] ?? 0);
  const headers = parseHeaders(lines);
  const body = parseBody(text.slice(headLength), status, headers, ended);
  if (!body) return undefined;
  const response = { statusLine, status, headers, body: body.text };
  return { response, length: headLength + body.length };
}

function parseHeaders(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name = "", value = ""] = /^([^:]+):\s*(.*?)\s*$/.exec(line) ?? [];
    const key = name.toLowerCase();
    headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
  }
  return headers;
}

type Body = { readonly text: string; readonly length: number } | undefined;

/** Determines the length of the body. @see RFC 9112, section 6.3 */
function parseBody(
  rest: string,
  status: number,
  headers: Readonly<Record<string, string>>,
  ended: boolean,
): Body {
  if (status < 200 || status === 204 || status === 304) return { text: "", length: 0 };
  if (/chunked/i.test(headers["transfer-encoding"] ?? "")) return parseChunks(rest);
  const length = headers["content-length"];
  if (length === undefined) return ended ? { text: rest, length: rest.length } : undefined;
  if (rest.length < Number(length)) return undefined;
  return { text: rest.slice(0, Number(length)), length: Number(length) };
}

function parseChunks(rest: string): Body {
  let text = "";
  let at = 0;
  for (;;) {
    const lineEnd = rest.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = parseInt(rest.slice(at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (!(next <= rest.length)) return undefined;
    text += rest.slice(lineEnd + 2, lineEnd + 2 + size);
    if (size === 0) return { text, length: next };
    at = next;
  }
}
