import { execFileSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WEB } from "../support/built";
import { withOwnMounts } from "../support/namespaces";
import { startCommand, stopProcesses, untilListening } from "../../src/testing/process";
import { startServer } from "../support/server";
import { sendRequestInFlight } from "../../src/testing/raw-client";

const root = join(__dirname, "../..");
const directory = mkdtempSync(join(tmpdir(), "exit-"));
afterEach(stopProcesses);
afterAll(() => rmSync(directory, { recursive: true }));

/** Node 22.15 and later can exit with the right code even if a thread is blocked. */
const ended = (code: number) => ("execve" in process ? code : "SIGKILL");

describe("the exit of a process", () => {
  const startBusy = (env: Record<string, string> = {}) => {
    const FIFO = join(directory, "fifo");
    rmSync(FIFO, { force: true });
    execFileSync("mkfifo", [FIFO]);
    const preload = join(root, "test/support/occupy-thread-pool.js");
    const absent = { DATABASE_URL: "postgres://127.0.0.1:1/absent" };
    return startServer({ ...absent, FIFO, ...env }, ["--require", preload]);
  };

  it("does not wait for the thread pool after a clean drain", async () => {
    const server = await startBusy();
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(ended(0));
    expect(server.log().at(-1)).toMatchObject({
      code: 0,
      waitingFor: ["FSReqCallback"],
      msg: "exiting without waiting for a DNS lookup or file access that does not finish",
    });
    expect(server.stderr()).toBe("");
  });

  it("does not wait for the thread pool past the shutdown timeout", async () => {
    const server = await startBusy({ SHUTDOWN_TIMEOUT_MS: "100" });
    await sendRequestInFlight(server.port);
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(ended(1));
    expect(server.log().map(({ msg }) => msg)).toContain(
      "not drained within 100 ms, closing the remaining connections",
    );
  });
});

/** A name server that never responds needs port 53, and a resolver that queries it: root, in a mount namespace. */
const suite = withOwnMounts ? describe : describe.skip;

suite("the end of a process that looks up a name (for root, where namespaces are allowed)", () => {
  const server = createSocket("udp4");
  afterAll(() => server.close());

  it("does not wait for the response", async () => {
    // Resolvers use port 53 only, so concurrent runs of this test need different addresses.
    const address = `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}`;
    await once(server.bind(53, address), "listening");
    const resolvConf = join(directory, "resolv.conf");
    writeFileSync(resolvConf, `nameserver ${address}\noptions timeout:30\n`);
    const mount = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
    const web = startCommand(
      [...(withOwnMounts ?? []), "sh", "-c", mount, resolvConf, process.execPath, WEB],
      { DATABASE_URL: "postgres://db.never.test/absent", PORT: "0", SHUTDOWN_TIMEOUT_MS: "1000" },
    );
    const port = await untilListening(web);
    const asked = once(server, "message");
    void fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    await asked;
    web.child.kill("SIGTERM");
    expect([ended(0), ended(1)]).toContain(await web.exit);
    expect(web.lines.at(-1)).toContain('"waitingFor":["GetAddrInfoReqWrap"]');
  });
});
