// Finds free ports that are different each time and not taken between choosing and binding.
import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:net";

// Below the ephemeral ports of Linux, macOS and Windows, which outgoing connections and listen(0) use.
const lowest = 10_000;
// More than the test files of one process, each of which claims one until that process ends.
const ranges = 73;
const rangeLength = 300;

/** The first port of the range that this process has claimed. */
let ownRange: Promise<number> | undefined;
let attempts = 0;

/**
 * Resolves to a TCP port on which nothing listens, and which no other caller gets.
 *
 * With `span`, the same is true for the port that many above it, and the ports between are reserved, too.
 */
export async function freePort(span = 0): Promise<number> {
  for (;;) {
    const { server, port } = await heldPort(span);
    const last = span > 0 ? await bound(port + span) : undefined;
    await closed(server);
    if (last) await closed(last);
    if (last || span === 0) return port;
  }
}

/** Resolves to a server that listens on such a port, on every address; the caller closes it. */
export async function heldPort(span = 0): Promise<{ server: Server; port: number }> {
  for (;;) {
    const first = await (ownRange ??= claimRange());
    const port = first + (attempts++ % (rangeLength - span));
    const server = await bound(port);
    if (server) return { server, port };
  }
}

/**
 * Resolves to the first port of a range that belongs to this process alone.
 *
 * On Linux the claim is an abstract Unix socket, which every process in the same network namespace sees until this one
 * ends. Elsewhere the range is random.
 */
async function claimRange(): Promise<number> {
  const chosen = randomInt(ranges);
  const all = Array.from({ length: ranges }, (_, index) => (chosen + index) % ranges);
  for (const range of process.platform === "linux" ? all : []) {
    const claim = await bound(`\0port-contract-${range}`);
    if (claim?.unref()) return lowest + range * rangeLength;
  }
  return lowest + chosen * rangeLength;
}

function closed(server: Server): Promise<unknown> {
  return new Promise((resolve) => server.close(resolve));
}

function bound(where: number | string): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(where, () => resolve(server));
  });
}
