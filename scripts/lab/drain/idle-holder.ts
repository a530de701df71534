// A process of its own that holds idle connections, every other one used once, and says how they ended.
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import type { Ends, Holding } from "./idle-clients";

/** How many connections are opened at a time: less than a listener's backlog. */
const BATCH = 100;

const { port, from, count } = JSON.parse(process.argv[2] ?? "") as Holding;

async function main(): Promise<void> {
  const ends: Ends = { fin: 0, reset: 0 };
  const closed: Promise<unknown>[] = [];
  while (closed.length < count) {
    const size = Math.min(BATCH, count - closed.length);
    const sockets = await Promise.all(Array.from({ length: size }, (_, i) => open(i % 2 === 0)));
    for (const socket of sockets) {
      socket.once("end", () => ends.fin++).once("error", () => ends.reset++);
      closed.push(new Promise((resolve) => socket.once("close", resolve)));
    }
  }
  process.send?.({});
  await Promise.all(closed);
  process.send?.(ends);
  process.disconnect();
}

async function open(isUsed: boolean): Promise<Socket> {
  const socket = createConnection({ host: "127.0.0.1", port, localAddress: from });
  await once(socket, "connect");
  if (isUsed) {
    socket.write("GET /fast HTTP/1.1\r\nHost: subject\r\nX-Request-Id: idle\r\n\r\n");
    for (let received = ""; !received.endsWith("done");) {
      const [chunk] = (await once(socket, "data")) as [Buffer];
      received += chunk.toString("latin1");
    }
  }
  return socket.resume();
}

void main();
