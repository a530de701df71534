// A local address where connections are neither accepted nor refused, as behind a firewall that drops packets.
import { createConnection, type Socket } from "node:net";
import { join } from "node:path";
import { startServer, within } from "port-contract/harness";

/** The longest time in which a connection is accepted, in milliseconds. */
const CONNECT_LIMIT_MS = 300;

/** An address where connections hang. */
export interface BlackHole {
  port: number;
  /** Lets the server respond. */
  readonly open: () => void;
  readonly end: () => Promise<void>;
}

/** Starts a server, stops its process with SIGSTOP, and fills its accept queue. */
export async function startBlackHole(node: string, host: string): Promise<BlackHole> {
  const run = await startServer([node, join(__dirname, "stopped-server.js")], {
    isolated: true,
    env: { HOST: host },
  });
  run.signal("SIGSTOP", "leader");
  const waiting: Socket[] = [];
  for (let isFull = false; !isFull;) {
    const socket = createConnection({ host, port: run.port }).on("error", () => undefined);
    waiting.push(socket);
    const connected = new Promise((resolve) => socket.once("connect", () => resolve(true)));
    isFull = !(await within(connected, CONNECT_LIMIT_MS));
  }
  const leave = (): void => waiting.forEach((socket) => socket.destroy());
  return {
    port: run.port,
    open() {
      leave();
      run.signal("SIGCONT", "leader");
    },
    async end() {
      leave();
      await run.reap();
    },
  };
}
