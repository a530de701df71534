// Ports for the runs: free, different each time, and not taken by chance between choosing and binding.
import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:net";

// Below the range from which Linux, macOS and Windows give ports to outgoing connections, or to whoever binds 0.
const lowest = 10_000;
const stretches = 22;
// Long, as what has been killed may have left something under the name of its port.
const stretchLength = 1000;

let own: Promise<number> | undefined;
let handedOut = 0;

/**
 * Resolves to a TCP port on which nothing listens, and which nobody else who asks here is given meanwhile.
 *
 * With `span` the same is true of the port that many above it, and nobody else is given those between.
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

/** Resolves to a server that listens on such a port, on every address; its owner closes it. */
export async function heldPort(span = 0): Promise<{ server: Server; port: number }> {
  for (;;) {
    const first = await (own ??= claimStretch());
    const port = first + (handedOut++ % (stretchLength - span));
    const server = await bound(port);
    if (server) return { server, port };
  }
}

/**
 * Resolves to the first port of a stretch that is this process' alone.
 *
 * On Linux a name in the abstract namespace says so to every process that sees the same ports, until this one ends;
 * elsewhere chance must do.
 */
async function claimStretch(): Promise<number> {
  const chosen = randomInt(stretches);
  const all = Array.from({ length: stretches }, (_, index) => (chosen + index) % stretches);
  for (const stretch of process.platform === "linux" ? all : []) {
    const claim = await bound(`\0port-contract-${stretch}`);
    if (claim?.unref()) return lowest + stretch * stretchLength;
  }
  return lowest + chosen * stretchLength;
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
