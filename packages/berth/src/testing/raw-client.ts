// TCP clients that send raw HTTP, and see when and how a connection closes.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { inTime } from "./waits";

/** A connection, the data received so far, and how it closed. */
export interface RawClient {
  socket: Socket;
  received(): string;
  /** Resolves once the received data matches. */
  until(pattern: RegExp): Promise<string>;
  /** Resolves when the connection has closed: with `"end"` after a FIN, or the error code after a reset. */
  closed: Promise<string>;
}

const open = new Set<Socket>();
globalThis.afterEach?.(() => open.forEach((socket) => socket.destroy()));

/** Resolves once connected; the connection is destroyed after the test. */
export async function connectRaw(port: number, host = "127.0.0.1"): Promise<RawClient> {
  const socket = connect(port, host);
  await once(socket, "connect");
  open.add(socket);
  let text = "";
  let end = "destroyed";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
  socket.on("end", () => (end = "end"));
  socket.on("error", (err: NodeJS.ErrnoException) => (end = err.code ?? "error"));
  const closed = once(socket, "close").then(() => end);
  const matched = async (pattern: RegExp): Promise<string> => {
    while (!pattern.test(text)) {
      if (socket.destroyed) throw new Error(`closed (${end}) before ${pattern}: ${text}`);
      await Promise.race([once(socket, "data"), closed]);
    }
    return text;
  };
  const until = (pattern: RegExp) =>
    inTime(matched(pattern), () => `${pattern} was not received, only: ${text}`);
  return { socket, received: () => text, until, closed };
}

/** Resolves once connections are refused. */
export async function untilRefused(port: number): Promise<void> {
  for (;;) {
    try {
      (await connectRaw(port)).socket.destroy();
    } catch (err) {
      const { code } = err as NodeJS.ErrnoException;
      if (code === "ECONNREFUSED") return;
      if (code !== "ECONNRESET") throw err;
    }
  }
}

/** A complete GET request. */
export const get = (path = "/"): string => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`;

/** A request with an incomplete body; the tests' own service responds once it is complete. */
export const HALF_SENT =
  "POST /held HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{";

/** Sends a request that is in flight until `finish`, which resolves with its response, a 404. */
export async function sendRequestInFlight(
  port: number,
): Promise<RawClient & { finish: () => Promise<string> }> {
  const client = await connectRaw(port);
  client.socket.write(HALF_SENT);
  // The server has read the request once it responds to a later one.
  const later = await connectRaw(port);
  later.socket.write(get("/livez"));
  await later.until(/^HTTP/);
  later.socket.destroy();
  const finish = (): Promise<string> => {
    client.socket.write("}");
    return client.until(/^HTTP\/1\.1 404 [^]*"requestId":"[^"]+"}$/);
  };
  return { ...client, finish };
}
