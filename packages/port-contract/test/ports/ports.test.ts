// Free ports, and which process listens on which port.
import { once } from "node:events";
import { existsSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import type * as FreePort from "../../src/ports/free-port";
import { listenersFromLsof, listenersFromProc } from "../../src/ports/listeners";

const onLinux = process.platform === "linux" ? it : it.skip;
const withLsof = existsSync("/usr/bin/lsof") ? it : it.skip;

async function listenHere() {
  const server = createServer().listen(0);
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

describe("listeners", () => {
  onLinux("are found in /proc", async () => {
    const { server, port } = await listenHere();
    expect(listenersFromProc([process.pid])).toContainEqual({ pid: process.pid, port });
    server.close();
  });

  withLsof("are found by lsof", async () => {
    const { server, port } = await listenHere();
    expect(listenersFromLsof([process.pid])).toContainEqual({ pid: process.pid, port });
    server.close();
  });
});

describe("freePort()", () => {
  onLinux("gives no port to two concurrent programs", async () => {
    const ports: number[] = [];
    for (let program = 0; program < 3; program += 1) {
      jest.resetModules();
      const { freePort } = jest.requireActual<typeof FreePort>("../../src/ports/free-port");
      ports.push(...(await Promise.all(Array.from({ length: 200 }, freePort))));
    }
    expect(new Set(ports).size).toBe(600);
  });
});
