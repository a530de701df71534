import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { RELEASE, WEB } from "../support/built";
import { asProcess1, childOf } from "../support/namespaces";
import { startCommand, stopProcesses } from "../../src/testing/process";

const root = join(__dirname, "../..");
const node = [...(asProcess1 ?? []), process.execPath];
afterEach(stopProcesses);

/** As in most containers: the kernel drops signals to PID 1 without a listener. */
const suite = asProcess1 ? describe : describe.skip;

suite("as process 1 (where namespaces are allowed)", () => {
  it.each(["SIGTERM", "SIGINT"])(
    "the web process exits after a %s while loading",
    async (SIGNAL) => {
      const preload = join(root, "test/support/signal-while-loading.js");
      const { exit, lines } = startCommand([...node, "--require", preload, WEB], {
        DATABASE_URL: "postgres://127.0.0.1:1/absent",
        PORT: "0",
        SIGNAL,
      });
      expect(await exit).toBe(0);
      expect(lines).toEqual([expect.stringContaining(`${SIGNAL} received, draining`)]);
    },
  );

  const mute = createServer();
  afterEach(() => void mute.close());

  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("the release process ends on %s, with %i", async (signal, code) => {
    await once(mute.listen(0, "127.0.0.1"), "listening");
    const { port } = mute.address() as AddressInfo;
    const { child, exit } = startCommand([...node, RELEASE], {
      DATABASE_URL: `postgres://127.0.0.1:${port}/mute`,
    });
    await once(mute, "connection");
    process.kill(childOf(child.pid), signal);
    expect(await exit).toBe(code);
  });
});
