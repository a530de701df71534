// An address at which a connection neither comes about nor is refused, as behind a firewall, and yet on this machine.
import { createConnection, type Socket } from "node:net";
import { join } from "node:path";
import { startServer, within } from "port-contract/harness";

/** How long a connection that comes about takes at most, in milliseconds. */
const CONNECT_LIMIT_MS = 300;

/** Such an address. */
export interface BlackHole {
  port: number;
  /** From now on it answers. */
  readonly open: () => void;
  readonly end: () => Promise<void>;
}

/** Starts a server, stops its process, and fills the queue of its listener. */
export async function startBlackHole(node: string, host: string): Promise<BlackHole> {
  const run = await startServer([node, join(__dirname, "deaf.js")], {
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
