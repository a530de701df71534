// The server of `berth dev restart`, on the formation's control socket. The request is a line of JSON; the response is lines of
// JSON with the progress and the result.
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { connectTo, controlPath } from "./control-socket";
import { createLineSplitter } from "./lines";
import type { Restart } from "./restart";

/** A client's request. */
export interface ControlRequest {
  restart: string[];
}

/** A line of the response: any number of `say`, then one of the others. */
export type ControlResponse = { say: string } | { failed: string } | { done: true };

export interface Control {
  /** Accepts no more requests. Resolves once the current ones have their responses. */
  close(): Promise<void>;
}

/**
 * Listens for the formation with this id and first port. Replaces the socket that a killed formation left behind.
 * @throws Error when another formation listens there, or the socket cannot be created.
 */
export async function listenForRestarts(
  formationId: string,
  port: number,
  restart: Restart,
): Promise<Control> {
  const path = controlPath(formationId, port);
  const other = await connectTo(path);
  other?.destroy();
  if (other) throw new Error("another formation of this folder has the same first port");
  rmSync(path, { force: true });
  const pending = new Set<Promise<void>>();
  const server = createServer((socket) => {
    const response = respond(socket, restart);
    pending.add(response);
    void response.then(() => pending.delete(response));
  });
  server.listen(path);
  await once(server, "listening");
  return {
    async close() {
      server.close();
      await Promise.all(pending);
    },
  };
}

/** Resolves once the client has its response, or has disconnected. */
async function respond(socket: Socket, restart: Restart): Promise<void> {
  const disconnected = new AbortController();
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  void closed.then(() => disconnected.abort());
  socket.on("error", () => {});
  const send = (line: ControlResponse) =>
    socket.writable && socket.write(`${JSON.stringify(line)}\n`);

  const line = await firstLine(socket);
  if (line === undefined) return void socket.destroy();
  try {
    const { restart: types } = JSON.parse(line) as ControlRequest;
    await restart({ types, say: (text) => send({ say: text }), disconnected: disconnected.signal });
    send({ done: true });
  } catch (err) {
    send({ failed: (err as Error).message });
  }
  socket.end();
  await closed;
}

/** Undefined if the client disconnects before it has sent a line. Reads on, because an unread socket reports no disconnect. */
function firstLine(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    const lines = createLineSplitter(resolve);
    socket.on("data", (chunk: Buffer) => lines.write(chunk));
    socket.once("close", () => resolve(undefined));
  });
}
