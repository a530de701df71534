import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { networkInterfaces } from "node:os";
import { bind, requireReusePort } from "../../src/port/bind";

const open: Server[] = [];
const newServer = (): Server => {
  const server = createServer((socket) => socket.end());
  open.push(server);
  return server;
};
afterEach(() => open.splice(0).forEach((server) => server.close()));

/** A server that fails to listen. */
function refusingServer(code: string): Server {
  const server = newServer();
  server.listen = (() => {
    process.nextTick(() => server.emit("error", Object.assign(new Error("refused"), { code })));
    return server;
  }) as Server["listen"];
  return server;
}

const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === "::1"),
);

async function responds(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

describe("bind", () => {
  it("resolves with the actual port once it accepts connections", async () => {
    const { port } = await bind(newServer(), { host: "127.0.0.1", port: 0 });
    expect(port).toBeGreaterThan(0);
    expect(await responds("127.0.0.1", port)).toBe(true);
  });

  (hasIpv6 ? it : it.skip)("binds IPv6 and IPv4 on the default host", async () => {
    const { address, port } = await bind(newServer(), { host: "::", port: 0 });
    expect(address).toBe("::");
    expect(await responds("127.0.0.1", port)).toBe(true);
    expect(await responds("::1", port)).toBe(true);
  });

  it.each(["EAFNOSUPPORT", "EADDRNOTAVAIL"])(
    "falls back to IPv4 without IPv6 (%s)",
    async (code) => {
      const server = newServer();
      const listen = server.listen.bind(server) as (options: object) => Server;
      server.listen = ((options: { host: string }) => {
        if (options.host !== "::") return listen(options);
        process.nextTick(() => server.emit("error", Object.assign(new Error(code), { code })));
        return server;
      }) as Server["listen"];
      expect((await bind(server, { host: "::", port: 0 })).address).toBe("0.0.0.0");
    },
  );

  it("names the cure for a taken port", async () => {
    const { port } = await bind(newServer(), { host: "127.0.0.1", port: 0 });
    await expect(bind(newServer(), { host: "127.0.0.1", port })).rejects.toThrow(
      `Port ${port} is already in use: stop the process that listens on it, or choose another PORT.`,
    );
  });

  it.each([
    ["203.0.113.1", /^HOST 203\.0\.113\.1 is not an address of this machine: unset HOST/],
    ["no-such-host.invalid", /^HOST no-such-host\.invalid cannot be resolved: .*unset HOST/],
  ])("names the cure for host %s", async (host, message) => {
    await expect(bind(newServer(), { host, port: 0 })).rejects.toThrow(message);
  });

  it.each([
    [
      "EACCES",
      "Port 80 requires more privileges than this process has: choose a PORT of 1024 or above.",
    ],
    [
      "EAI_AGAIN",
      "HOST :: cannot be resolved: use an address of this machine, or unset HOST to bind every address.",
    ],
    ["EWHATEVER", "Port 80 on HOST :: cannot be bound: refused"],
  ])("explains %s", async (code, message) => {
    const bound = bind(refusingServer(code), { host: "::", port: 80 });
    await expect(bound).rejects.toMatchObject({ name: "BindError", message, cause: { code } });
  });

  it("names the cure for a descriptor that is not a socket", async () => {
    await expect(bind(newServer(), { fd: 999 })).rejects.toThrow(
      /^File descriptor 999 is not a listening socket \(E\w+\): start .* or unset LISTEN_FDS\.$/,
    );
  });

  it("leaves no listener on the server", async () => {
    const server = newServer();
    await bind(server, { host: "127.0.0.1", port: 0 });
    expect([server.listenerCount("error"), server.listenerCount("listening")]).toEqual([0, 0]);
    expect((server.address() as AddressInfo).port).toBeGreaterThan(0);
  });

  it("shares a port only if this Node supports it", async () => {
    let refusal: unknown;
    try {
      requireReusePort(process.versions.node);
    } catch (err) {
      refusal = err;
    }
    const target = { host: "127.0.0.1", port: 0 };
    const shared = bind(newServer(), { ...target, reusePort: true });
    const failure = await shared.then(() => undefined).catch((err: unknown) => err);
    expect(failure).toEqual(refusal);
    await bind(newServer(), { ...target, reusePort: false });
  });
});

describe("requireReusePort", () => {
  it.each(["22.12.0", "22.23.3", "23.1.0", "24.0.0", "26.10.0"])("accepts Node %s", (version) => {
    expect(() => requireReusePort(version)).not.toThrow();
  });

  it.each(["20.20.2", "22.11.0", "23.0.0"])(
    "rejects Node %s, which would ignore `reusePort`",
    (version) => {
      expect(() => requireReusePort(version)).toThrow(
        `Sharing a port requires Node 22.12 or later, this is ${version}`,
      );
    },
  );
});
