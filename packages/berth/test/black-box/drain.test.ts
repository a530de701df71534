import { once } from "node:events";
import { join } from "node:path";
import { fetchAlone, stopProcesses } from "../../src/testing/process";
import { startServer } from "../support/server";
import {
  connectRaw,
  HALF_SENT,
  sendRequestInFlight,
  untilRefused,
} from "../../src/testing/raw-client";

const root = join(__dirname, "../..");
/** Nothing listens there: the service must run without it. */
const absent = { DATABASE_URL: "postgres://user@127.0.0.1:1/absent" };
const crashOnSignal = ["--require", join(root, "test/support/crash-on-signal.js")];
afterEach(stopProcesses);

describe("the web process", () => {
  it.each(["SIGTERM", "SIGINT"] as const)(
    "drains and exits 0 on %s, however often it is sent",
    async (signal) => {
      const server = await startServer(absent);
      const client = await connectRaw(server.port);
      client.socket.write(HALF_SENT);
      await fetchAlone(server.url);
      server.child.kill(signal);
      await server.line(/received, draining/);
      for (let i = 0; i < 3; i++) server.child.kill(signal);
      await untilRefused(server.port);
      client.socket.write("}");
      expect(await client.until(/"requestId":"[^"]+"}$/)).toMatch(
        /^HTTP\/1\.1 404 [^]*\r\nConnection: close\r\n/,
      );
      expect(await server.exit).toBe(0);
    },
  );

  it("is not ready but serves during the drain delay", async () => {
    const server = await startServer({
      ...absent,
      DRAIN_DELAY_MS: "600000",
      SHUTDOWN_TIMEOUT_MS: "1200000",
    });
    server.child.kill("SIGTERM");
    await server.line(/received, draining/);
    const status = async (path: string) => (await fetch(server.url + path)).status;
    expect([await status("/readyz"), await status("/livez")]).toEqual([503, 200]);
    const late = await fetch(server.url);
    expect([late.status, late.headers.get("connection")]).toEqual([200, "close"]);
  });

  it("drains after the delay", async () => {
    const server = await startServer({ ...absent, DRAIN_DELAY_MS: "100" });
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(0);
  });

  it("exits 1 if it cannot drain in time", async () => {
    const server = await startServer({ ...absent, SHUTDOWN_TIMEOUT_MS: "300" });
    const client = await connectRaw(server.port);
    client.socket.write(HALF_SENT);
    await fetchAlone(server.url);
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(1);
    expect(server.log().at(-1)).toMatchObject({
      level: "error",
      msg: expect.stringContaining("not drained within 300 ms") as string,
    });
  });

  it("logs an uncaught error with its stack, finishes requests in flight, and exits 1", async () => {
    const server = await startServer(absent, crashOnSignal);
    const client = await connectRaw(server.port);
    client.socket.write(HALF_SENT);
    await fetchAlone(server.url);
    server.child.kill("SIGUSR2");
    await server.line(/uncaught error, draining/);
    client.socket.write("}");
    await client.until(/^HTTP\/1\.1 404 /);
    expect(await server.exit).toBe(1);
    expect(server.log()).toContainEqual(
      expect.objectContaining({
        level: "fatal",
        err: expect.objectContaining({
          message: "boom",
          stack: expect.stringContaining("crash-on-signal") as string,
        }) as object,
      }),
    );
  });

  it("accepts nothing after an uncaught error, and does not wait long for requests that hang", async () => {
    const server = await startServer(
      { ...absent, DRAIN_DELAY_MS: "60000", SHUTDOWN_TIMEOUT_MS: "120000" },
      crashOnSignal,
    );
    await sendRequestInFlight(server.port);
    server.child.kill("SIGUSR2");
    await untilRefused(server.port);
    expect(await server.exit).toBe(1);
  });

  it("keeps serving after the reader of its log has closed", async () => {
    const server = await startServer(absent);
    server.child.stdout?.destroy();
    for (let i = 0; i < 20; i++) expect((await fetchAlone(`${server.url}/livez`)).status).toBe(200);
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(0);
  });

  it("keeps serving, and exits, while the reader of its log is stalled", async () => {
    const server = await startServer(absent);
    server.child.stdout?.pause();
    const url = `${server.url}/${"x".repeat(2000)}`;
    for (let i = 0; i < 300; i++) expect((await fetchAlone(url)).status).toBe(404);
    server.child.kill("SIGTERM");
    expect(await once(server.child, "exit")).toEqual([0, null]);
    server.child.stdout?.resume();
  });
});
