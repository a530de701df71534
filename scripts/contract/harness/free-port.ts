// Ports for the runs: free, different each time, and not taken by chance between choosing and binding.
import { createServer } from "node:net";
import { randomInt } from "node:crypto";

// Below the range from which Linux, macOS and Windows give ports to outgoing connections.
const lowest = 10_000;
const highest = 32_000;
const handedOut = new Set<number>();

/** Resolves to a TCP port on which nothing listens and which this process has not handed out before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest);
    if (handedOut.has(port) || !(await canBind(port))) continue;
    handedOut.add(port);
    return port;
  }
}

function canBind(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
