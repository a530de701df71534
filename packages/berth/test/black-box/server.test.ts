import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WEB } from "../support/built";
import { inFolder } from "../support/release";
import {
  asServer,
  fetchAlone,
  startProcess,
  stopProcesses,
  type TestServer,
} from "../../src/testing/process";
import { startServer } from "../support/server";
import { connectRaw, HALF_SENT } from "../../src/testing/raw-client";

const root = join(__dirname, "../..");
/** Nothing listens there: the service must run without it. */
const absent = { DATABASE_URL: "postgres://user:hunter2@127.0.0.1:1/absent" };

const start = (env: Record<string, string> = {}, args: string[] = [], directory?: string) =>
  startServer({ ...absent, ...env }, args, directory);

describe("a web process", () => {
  let server: TestServer;
  beforeAll(async () => void (server = await start()));
  afterAll(stopProcesses);

  it("serves without its database, and reports that", async () => {
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    const notReady = await fetch(`${server.url}/readyz`);
    expect([notReady.status, await notReady.json()]).toEqual([
      503,
      expect.objectContaining({ checks: { database: "failed" } }),
    ]);
    expect(server.lines.join("\n")).not.toContain("hunter2");
  });

  it.each([
    ["garbage", "garbage\r\n\r\n", "request refused"],
    ["a request without a host", "GET / HTTP/1.1\r\n\r\n", "request"],
  ])("responds to %s with a problem, and logs it", async (_what, text, msg) => {
    const client = await connectRaw(server.port);
    client.socket.write(text);
    const [, requestId] = /"requestId":"([^"]+)"}$/.exec(await client.until(/}$/)) ?? [];
    const line = JSON.parse(await server.line(new RegExp(`"requestId":"${requestId}"`))) as object;
    expect(line).toMatchObject({ requestId, status: 400, msg });
  });

  it("does not send 100 Continue for a body that is not read", async () => {
    const client = await connectRaw(server.port);
    client.socket.write(
      "POST /nothing HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\n" +
        "Content-Type: application/json\r\nContent-Length: 999999\r\n\r\n",
    );
    await client.until(/^HTTP\/1\.1 404 /);
  });
});

describe("the web process", () => {
  afterEach(stopProcesses);

  it("serves the docs page even if the name of a parent folder begins with a dot", () =>
    inFolder(".dots-", async (service) => {
      const program = startProcess(join(service, "server.js"), { PORT: "0", ...absent });
      const server = await asServer(program);
      const paths = ["/docs", "/docs/page.js", "/docs/swagger-ui.css"];
      const responses = await Promise.all(paths.map((path) => fetch(server.url + path)));
      expect(responses.map(({ status }) => status)).toEqual([200, 200, 200]);
      await server.stop();
    }));

  it("keeps idle connections for KEEP_ALIVE_TIMEOUT_MS", async () => {
    const server = await start({ KEEP_ALIVE_TIMEOUT_MS: "97000" });
    expect((await fetch(server.url)).headers.get("keep-alive")).toBe("timeout=97");
  });

  it("closes a request that takes longer than REQUEST_TIMEOUT_MS", async () => {
    const server = await start({ REQUEST_TIMEOUT_MS: "200" });
    const client = await connectRaw(server.port);
    client.socket.write(HALF_SENT);
    await client.until(/^HTTP\/1\.1 408 [^]*"status":408/);
    expect(await client.closed).toBe("end");
  });

  it("prints JSON lines only", async () => {
    const server = await start();
    await fetchAlone(server.url);
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(0);
    expect(server.log().map(({ msg }) => msg)).toEqual([
      expect.stringMatching(/^web is listening on port \d+$/),
      "request",
      "SIGTERM received, draining",
    ]);
    expect(server.stderr()).toBe("");
  });

  it("uses no files in the shared temporary folder, where others could plant code", async () => {
    const directory = mkdtempSync(join(tmpdir(), "berth-"));
    const server = await start({ TMPDIR: directory });
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(0);
    expect(readdirSync(directory)).toEqual([]);
    rmSync(directory, { recursive: true });
  });

  it("exits 1 with every invalid environment variable, and binds nothing", async () => {
    const { exit, stderr, lines } = startProcess(WEB, {
      PORT: "8080abc",
      LOG_LEVEL: "loud",
    });
    expect(await exit).toBe(1);
    expect(stderr()).toMatch(
      /^Invalid environment variables:\nPORT: .*\nLOG_LEVEL: .*\nDATABASE_URL: .*\n$/,
    );
    expect(lines).toEqual([]);
  });

  it("reads .env, and lets the environment take precedence", async () => {
    const directory = mkdtempSync(join(tmpdir(), "berth-"));
    writeFileSync(join(directory, ".env"), "KEEP_ALIVE_TIMEOUT_MS=7000\nPORT=1\n");
    const server = await start({}, [], directory);
    expect((await fetch(server.url)).headers.get("keep-alive")).toBe("timeout=7");
    rmSync(directory, { recursive: true });
  });

  it("exits 1 if its port is already in use and the server has other error listeners", async () => {
    const taken = createServer().listen(0, "::");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const { exit, lines } = startProcess(WEB, { ...absent, PORT: String(port) }, [
      "--require",
      join(root, "test/support/throw-server-errors.js"),
    ]);
    expect(await exit).toBe(1);
    taken.close();
    expect(lines.join("\n")).toMatch(/"msg":"Port \d+ is already in use: .* PORT\."/);
  });

  it("exits 1 if its port is already in use, with a cure and without a success line", async () => {
    const taken = createServer().listen(0, "::");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const { exit, lines } = startProcess(WEB, { ...absent, PORT: String(port) });
    expect(await exit).toBe(1);
    taken.close();
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({
        level: "error",
        msg: expect.stringMatching(/^Port \d+ is already in use: .* PORT\.$/) as string,
      }),
    ]);
  });

  it("serves on a passed socket", async () => {
    const passed = createServer().listen(0, "127.0.0.1");
    await once(passed, "listening");
    const { port } = passed.address() as AddressInfo;
    const { fd } = (passed as unknown as { _handle: { fd: number } })._handle;
    // LISTEN_PID is known only once the process exists: the shell execs the service.
    const child = spawn("/bin/sh", ["-c", 'LISTEN_PID=$$ exec "$0" "$1"', process.execPath, WEB], {
      cwd: root,
      env: { ...absent, LISTEN_FDS: "1", PORT: "0" },
      stdio: ["ignore", "pipe", "inherit", fd],
    });
    const [line] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
    expect(line.toString()).toContain(`"port":${port}`);
    passed.close();
    expect((await fetchAlone(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
    child.kill("SIGTERM");
    expect((await once(child, "exit"))[0]).toBe(0);
  });

  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const canShare = major > 22 || (major === 22 && minor >= 12);

  (canShare ? it : it.skip)(
    "shares its port with another process that is told so, too",
    async () => {
      const first = await start({ REUSE_PORT: "true" });
      const second = await start({ REUSE_PORT: "true", PORT: String(first.port) });
      expect(second.port).toBe(first.port);
    },
  );

  (canShare ? it.skip : it)(
    "refuses to share its port where Node cannot, and names the cure",
    async () => {
      const { exit, lines } = startProcess(WEB, {
        ...absent,
        PORT: "0",
        REUSE_PORT: "true",
      });
      expect(await exit).toBe(1);
      expect(lines.join()).toContain("Sharing a port requires Node 22.12 or later");
    },
  );
});
