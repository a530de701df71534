// Takes requests to restart instances while a formation runs, over its socket: a line of JSON each way, and one for each step between.
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { controlPath, reach } from "./control-socket";
import { createLineSplitter } from "./lines";
import type { Restart } from "./restart";

/** What a client sends. */
export interface Request {
  restart: string[];
}

/** What it gets: any number of `say`, then one of the others. */
export type Answer = { say: string } | { failed: string } | { done: true };

export interface Control {
  /** Takes no more requests, and resolves once those who wait have their answers. */
  close(): Promise<void>;
}

/**
 * Listens for the formation with this id and first port, also when one that was killed has left its socket behind.
 * @throws Error when another one listens there already, or nobody can.
 */
export async function listenForRestarts(
  formationId: string,
  port: number,
  restart: Restart,
): Promise<Control> {
  const path = controlPath(formationId, port);
  const other = await reach(path);
  other?.destroy();
  if (other) throw new Error("another formation of this folder has the same first port");
  rmSync(path, { force: true });
  const answering = new Set<Promise<void>>();
  const server = createServer((socket) => {
    const answered = answer(socket, restart);
    answering.add(answered);
    void answered.then(() => answering.delete(answered));
  });
  server.listen(path);
  await once(server, "listening");
  return {
    async close() {
      server.close();
      await Promise.all(answering);
    },
  };
}

/** Resolves once the client has its answer, or is gone. */
async function answer(socket: Socket, restart: Restart): Promise<void> {
  const gone = new AbortController();
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  void closed.then(() => gone.abort());
  socket.on("error", () => {});
  const send = (line: Answer) => socket.writable && socket.write(`${JSON.stringify(line)}\n`);

  const line = await firstLine(socket);
  if (line === undefined) return void socket.destroy();
  try {
    const { restart: types } = JSON.parse(line) as Request;
    await restart({ types, say: (text) => send({ say: text }), gone: gone.signal });
    send({ done: true });
  } catch (err) {
    send({ failed: (err as Error).message });
  }
  socket.end();
  await closed;
}

/** Undefined when the client goes without a word. Reads on, as its going is to be heard of. */
function firstLine(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    const lines = createLineSplitter(resolve);
    socket.on("data", (chunk: Buffer) => lines.write(chunk));
    socket.once("close", () => resolve(undefined));
  });
}
