// An HTTP/1.1 client on a plain socket, so that every byte, FIN and reset can be observed.
import { type Address, connect, type Connection } from "./connection";
import { parseResponse, type Response } from "./http-response";
import { NoResponse, WrongProtocol } from "./missing-response";
import { within } from "./wait";

/** A request. The default method is GET; one character of the body is one byte. */
export interface Request {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends a request over a new connection and waits for the complete response. */
export async function send(address: Address, request: Request, limitMs: number): Promise<Response> {
  const connection = await connect(address);
  try {
    return await exchange(connection, request, limitMs);
  } finally {
    connection.close();
  }
}

/** Sends a request over an open connection, which stays open, and waits for the complete response. */
export async function exchange(
  connection: Connection,
  request: Request,
  limitMs: number,
): Promise<Response> {
  connection.socket.write(headOf(request) + (request.body ?? ""), "latin1");
  return readResponse(connection, limitMs);
}

/** The request line and the headers, including the empty line. */
export function headOf({ method = "GET", path, headers = {}, body }: Request): string {
  const length = body === undefined ? {} : { "Content-Length": String(body.length) };
  const fields = { Host: "berth.test", ...length, ...headers };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/**
 * Waits for the next complete response; interim responses (1xx except 101) are skipped.
 *
 * @throws NoResponse when the connection ends first, or after `limitMs`
 * @throws WrongProtocol when the response is not HTTP/1.x
 */
export async function readResponse(connection: Connection, limitMs: number): Promise<Response> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    if (!startsLikeHttp(connection.received()))
      throw new WrongProtocol(`responds ${JSON.stringify(connection.received().slice(0, 40))}`);
    const parsed = parseResponse(connection.received(), connection.ending() === "FIN");
    if (parsed) {
      connection.take(parsed.length);
      if (parsed.response.status >= 200 || parsed.response.status === 101) return parsed.response;
      continue;
    }
    const hasBegun = connection.received() !== "";
    if (connection.ending()) throw new NoResponse(describeEnding(connection), hasBegun);
    const left = deadline - performance.now();
    if (left <= 0)
      throw new NoResponse(`no complete response within ${limitMs / 1000} s`, hasBegun);
    await within(connection.changed(), left);
  }
}

function startsLikeHttp(text: string): boolean {
  return "HTTP/1.".startsWith(text.slice(0, 7));
}

function describeEnding(connection: Connection): string {
  const what = connection.ending() === "FIN" ? "closed" : "reset";
  const part = connection.received() ? "in the middle of the response" : "without a response";
  return `${what} ${part}`;
}
