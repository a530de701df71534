import { once } from "node:events";
import { linkSync, lstatSync, readFileSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { json } from "node:stream/consumers";
import {
  asServer,
  fetchAlone,
  startCommand,
  stopProcesses,
  type TestServer,
} from "../../src/testing/process";
import { startServer } from "../support/server";
import { untilRefused } from "../../src/testing/raw-client";
import { createWorkerProgram } from "../support/worker-program";

const absent = { DATABASE_URL: "postgres://127.0.0.1:1/absent" };
afterEach(stopProcesses);

interface WorkerResponse {
  version: string;
  pid: number;
  worker?: number;
}
const ask = async (server: TestServer, path = "/"): Promise<WorkerResponse> =>
  (await fetchAlone(server.url + path)).json() as Promise<WorkerResponse>;

const messages = (server: TestServer): string[] => server.log().map(({ msg }) => String(msg));

/** Whether a process has exited; a zombie counts as exited. */
function isGone(pid: number): boolean {
  try {
    return / [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return true;
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function untilGone(pids: readonly number[]): Promise<void> {
  while (!pids.every(isGone)) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** The process ids of the workers, by worker id: sends requests until each worker has responded. */
async function findWorkers(server: TestServer, count = 2): Promise<Map<number, number>> {
  const pids = new Map<number, number>();
  while (pids.size < count) {
    const { worker = 0, pid } = await ask(server);
    pids.set(worker, pid);
  }
  return pids;
}

describe("a service with one process", () => {
  it("has no supervisor", async () => {
    const server = await createWorkerProgram().start({ WEB_CONCURRENCY: "1" });
    const response = await ask(server);
    expect(response).toEqual({ version: "1", pid: server.child.pid });
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(0);
    expect(server.log()[0]).not.toHaveProperty("worker");
  });
});

describe("a service with several workers", () => {
  it("logs once that it listens, and the worker's id in each line", async () => {
    const server = await startServer({ ...absent, WEB_CONCURRENCY: "2" });
    expect(server.log()).toEqual([
      expect.objectContaining({
        pid: server.child.pid,
        port: server.port,
        workers: 2,
        connections: { database: 20 },
        msg: `web is listening on port ${server.port} with 2 workers, and up to 20 database connections`,
      }),
    ]);
    expect((await fetchAlone(`${server.url}/livez`)).status).toBe(200);
    expect(JSON.parse(await server.line(/"path":"\/livez"/))).toMatchObject({
      worker: expect.any(Number) as number,
      msg: "request",
    });
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(0);
    expect(messages(server).at(-1)).toBe("SIGTERM received, draining the workers");
  });

  it("opens its port only once all workers are prepared", async () => {
    const port = await findFreePort();
    // The second worker takes a while, and then checks whether the first one listens.
    const look = `require("node:net").connect(${port}, "127.0.0.1").on("connect", () => process.exit(0)).on("error", () => process.exit(1))`;
    const program = createWorkerProgram({
      whileLoading: `if (cluster.worker?.id === 2) {
        const until = Date.now() + 500;
        while (Date.now() < until);
        const { status } = require("node:child_process").spawnSync(process.execPath, ["-e", ${JSON.stringify(look)}]);
        console.log(status === 0 ? "open" : "closed");
      }`,
    });
    const server = await program.start({ PORT: String(port) });
    expect(server.lines).toEqual(["closed", expect.stringContaining("with 2 workers")]);
  });

  it("logs once that its port is already in use, and exits", async () => {
    const { port } = await startServer(absent);
    const program = createWorkerProgram();
    const second = startCommand(
      program.command,
      { PORT: String(port), WEB_CONCURRENCY: "2" },
      program.folder,
    );
    expect(await second.exit).toBe(1);
    const errors = second.lines.filter((line) => line.includes('"level":"error"'));
    expect(errors).toEqual([expect.stringContaining(`Port ${port} is already in use`)]);
  });

  it("logs how a worker was killed, and exits", async () => {
    const program = createWorkerProgram({
      whileLoading: `if (cluster.worker?.id === 2) process.kill(process.pid, "SIGKILL");`,
    });
    const { exit, lines } = startCommand(
      program.command,
      { PORT: "0", WEB_CONCURRENCY: "2" },
      program.folder,
    );
    expect(await exit).toBe(1);
    expect(lines).toContainEqual(
      expect.stringContaining("worker 2 was killed by SIGKILL, possibly by the OOM killer"),
    );
  });

  it("logs that a worker hangs during the start, and exits", async () => {
    const program = createWorkerProgram({
      whileLoading: `if (cluster.worker?.id === 2) for (;;);`,
    });
    const service = startCommand(
      program.command,
      { PORT: "0", WEB_CONCURRENCY: "2", LIMITS: JSON.stringify({ startLimitMs: 500 }) },
      program.folder,
    );
    await service.line(/worker 2 was not ready within 500 ms: its program is still being loaded/);
    await service.line(/worker \d was killed by its supervisor/);
    expect(await service.exit).toBe(1);
  });

  it("reports invalid environment variables only once", async () => {
    const { command, folder } = createWorkerProgram();
    const wrong = startCommand(command, { PORT: "abc", WEB_CONCURRENCY: "2" }, folder);
    expect(await wrong.exit).toBe(1);
    expect(wrong.stderr().match(/PORT: expected/g)).toHaveLength(1);
  });

  it.each(["leader", "group"])(
    "finishes requests in flight after SIGTERM to the %s",
    async (whom) => {
      const program = createWorkerProgram();
      const server = await program.start();
      const pids = [...(await findWorkers(server)).values()];
      const slow = ask(server, "/slow");
      await server.line(/a slow request/);
      process.kill(whom === "group" ? -server.child.pid! : server.child.pid!, "SIGTERM");
      await untilRefused(server.port);
      program.respondToSlow();
      expect(await slow).toMatchObject({ version: "1" });
      expect(await server.exit).toBe(0);
      expect(pids.every(isGone)).toBe(true);
    },
  );

  it("exits with 1 if a worker had to close connections", async () => {
    const server = await createWorkerProgram().start({ SHUTDOWN_TIMEOUT_MS: "100" });
    const cut = ask(server, "/never").catch(() => "cut");
    await server.line(/a request has come/);
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(1);
    expect(await cut).toBe("cut");
  });

  it("kills its workers on a second Ctrl-C, and exits with 130", async () => {
    const program = createWorkerProgram({
      whileLoading: `const tty = require("node:tty");
        const { isatty } = tty;
        tty.isatty = (fd) => fd === 0 || isatty(fd);`,
    });
    const server = await program.start({ SHUTDOWN_TIMEOUT_MS: "3600000" });
    const pids = [...(await findWorkers(server)).values()];
    const cut = fetchAlone(`${server.url}/never`).catch(() => "cut");
    await server.line(/a request has come/);
    server.child.kill("SIGINT");
    await server.line(/SIGINT received/);
    // For a quarter of a second it counts as the same key press.
    const again = setInterval(() => server.child.kill("SIGINT"), 50);
    expect(await server.exit.finally(() => clearInterval(again))).toBe(130);
    expect(await cut).toBe("cut");
    await untilGone(pids);
  });

  it("replaces a worker that was killed", async () => {
    const server = await createWorkerProgram().start();
    const workers = await findWorkers(server);
    process.kill(workers.get(1)!, "SIGKILL");
    await server.line(/worker 3 replaces worker 1/);
    expect(messages(server)).toContain(
      "worker 1 was killed by SIGKILL, possibly by the OOM killer",
    );
    expect([...(await findWorkers(server)).keys()].sort()).toEqual([2, 3]);
  });

  it("replaces a crashed worker before that has drained", async () => {
    const program = createWorkerProgram({
      whileLoading: `if (cluster.worker?.id === 3) console.log("the third one is loaded");`,
    });
    const server = await program.start();
    // In flight in the worker that crashes, or in the other one: both finish them.
    const slow = Array.from({ length: 8 }, () => ask(server, "/slow"));
    await server.line(/a slow request/);
    const crashed = fetchAlone(`${server.url}/crash`).catch(() => "cut");
    await server.line(/the third one is loaded/);
    expect(server.lines.join()).not.toContain("exited with code 1");
    program.respondToSlow();
    await server.line(/exited with code 1/);
    expect(await Promise.all(slow)).toHaveLength(8);
    expect(await crashed).toBe("cut");
    await server.line(/worker 3 replaces worker/);
  });

  it("exits with 1 and the cause if its workers are in a crash loop", async () => {
    const program = createWorkerProgram();
    const server = await program.start();
    program.release({ whileLoading: "process.exit(7);" });
    for (const pid of (await findWorkers(server)).values()) process.kill(pid, "SIGKILL");
    expect(await server.exit).toBe(1);
    expect(messages(server)).toContain(
      "workers are in a crash loop, the last one exited with code 7: giving up",
    );
  });

  it("kills a worker whose event loop is blocked, and replaces it", async () => {
    const server = await createWorkerProgram().start({ LIMITS: JSON.stringify({ pingMs: 400 }) });
    const before = await findWorkers(server);
    const blocked = fetchAlone(`${server.url}/block`).catch(() => "cut");
    const { worker } = JSON.parse(
      await server.line(/is unresponsive: its event loop is blocked/),
    ) as WorkerResponse;
    await server.line(new RegExp(`worker 3 replaces worker ${worker}`));
    expect(await blocked).toBe("cut");
    await untilGone([before.get(worker!)!]);
  });

  it("keeps the current workers if no other can be started, and tries again", async () => {
    const server = await createWorkerProgram({
      whileLoading: `if (cluster.isPrimary) {
        const { execPath } = process;
        process.on("SIGUSR1", () => (process.execPath = __dirname + "/absent"));
        process.on("SIGUSR2", () => (process.execPath = execPath));
      }`,
    }).start();
    const workers = await findWorkers(server);
    server.child.kill("SIGUSR1");
    await server.line(/SIGUSR1 received/);
    server.child.kill("SIGHUP");
    await server.line(/worker 3 could not be started: spawn .*\/absent ENOENT/);
    await server.line(/keeping the current workers/);
    process.kill(workers.get(1)!, "SIGKILL");
    await server.line(/worker 5 could not be started/);
    expect((await ask(server)).worker).toBe(2);
    server.child.kill("SIGUSR2");
    await server.line(/replaces worker/);
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(0);
  });

  it("keeps the current workers if the system refuses another one at once", async () => {
    const server = await createWorkerProgram({
      whileLoading: `if (cluster.isPrimary)
        process.on("SIGUSR1", () => (process.env.TOO_LONG = "x".repeat(4_000_000)));`,
    }).start();
    const workers = await findWorkers(server);
    server.child.kill("SIGUSR1");
    await server.line(/SIGUSR1 received/);
    server.child.kill("SIGHUP");
    // Node throws this error, and emits most others.
    await server.line(/could not be started: spawn E2BIG/);
    await server.line(/keeping the current workers/);
    expect(await findWorkers(server)).toEqual(workers);
  });

  it("keeps running while one worker serves and others cannot be started", async () => {
    const program = createWorkerProgram();
    const server = await program.start();
    const workers = await findWorkers(server);
    program.release({ whileLoading: "process.exit(7);" });
    process.kill(workers.get(1)!, "SIGKILL");
    // More failures than make a crash loop.
    await server.line(/worker 9 exited with code 7/);
    expect((await ask(server)).worker).toBe(2);
  });

  it("replaces a worker that is not ready in time", async () => {
    const program = createWorkerProgram();
    // The next worker must be ready within this time.
    const server = await program.start({ LIMITS: JSON.stringify({ readyLimitMs: 5000 }) });
    const workers = await findWorkers(server);
    program.release({ whileLoading: "for (;;);" });
    process.kill(workers.get(1)!, "SIGKILL");
    await server.line(/worker 3 was not ready within 5000 ms/);
    await server.line(/worker 3 was killed by its supervisor/);
    program.release({ version: "2" });
    await server.line(/replaces worker/);
  });

  it("logs which worker had to be killed", async () => {
    const server = await createWorkerProgram().start({ SHUTDOWN_TIMEOUT_MS: "100" });
    await findWorkers(server);
    const blocked = fetchAlone(`${server.url}/block`).catch(() => "cut");
    await server.line(/about to block/);
    server.child.kill("SIGTERM");
    await server.line(/worker \d did not exit within 100 ms: killing it/);
    expect(await server.exit).toBe(1);
    expect(await blocked).toBe("cut");
  });

  it("ignores other messages from its workers", async () => {
    const server = await createWorkerProgram({
      whileLoading: `process.send?.(null); process.send?.("hello"); process.send?.({ supervision: "x" });`,
    }).start();
    expect(await ask(server)).toMatchObject({ version: "1" });
  });

  it("does not supervise in a worker of another cluster primary", async () => {
    const program = createWorkerProgram();
    const primary = join(program.folder, "primary.js");
    writeFileSync(
      primary,
      `const cluster = require("node:cluster");
      cluster.setupPrimary({ exec: ${JSON.stringify(program.command[1])} });
      cluster.fork();`,
    );
    const env = { PORT: "0", WEB_CONCURRENCY: "2" };
    const server = await asServer(startCommand([process.execPath, primary], env, program.folder));
    expect(server.log()[0]).not.toHaveProperty("workers");
    expect(await ask(server)).toMatchObject({ version: "1" });
  });

  it("leaves no worker behind if the supervisor is killed, and finishes requests in flight", async () => {
    const program = createWorkerProgram();
    const server = await program.start();
    const pids = [...(await findWorkers(server)).values()];
    const slow = ask(server, "/slow");
    await server.line(/a slow request/);
    server.child.kill("SIGKILL");
    program.respondToSlow();
    expect(await slow).toMatchObject({ version: "1" });
    await untilGone(pids);
  });

  it("leaves no worker behind whose request never ends if the supervisor is killed", async () => {
    const server = await createWorkerProgram().start({ SHUTDOWN_TIMEOUT_MS: "3600000" });
    const pids = [...(await findWorkers(server)).values()];
    const cut = fetchAlone(`${server.url}/never`).catch(() => "cut");
    await server.line(/a request has come/);
    server.child.kill("SIGKILL");
    await untilGone(pids);
    expect(await cut).toBe("cut");
  });
});

describe("SIGHUP to a supervisor", () => {
  it("replaces the workers with the code on disk, and refuses no connection", async () => {
    const program = createWorkerProgram();
    const server = await program.start();
    const before = await findWorkers(server);
    program.release({ version: "2" });
    let isRolling = true;
    const responses: WorkerResponse[] = [];
    const client = (async () => {
      while (isRolling) responses.push(await ask(server));
    })();
    const slow = ask(server, "/slow");
    await server.line(/a slow request/);
    server.child.kill("SIGHUP");
    await server.line(/"isReplaced":true/);
    program.respondToSlow();
    await server.line(/all workers are replaced/);
    isRolling = false;
    await client;
    responses.push(await ask(server));
    expect(await slow).toMatchObject({ version: "1" });
    expect(new Set(responses.map(({ version }) => version))).toEqual(new Set(["1", "2"]));
    expect([...(await findWorkers(server)).keys()].sort()).toEqual([3, 4]);
    await untilGone([...before.values()]);
  });

  it("keeps the service ready, and has no drain delay", async () => {
    const server = await createWorkerProgram().start({
      DRAIN_DELAY_MS: "600000",
      SHUTDOWN_TIMEOUT_MS: "3600000",
    });
    server.child.kill("SIGHUP");
    await server.line(/all workers are replaced/);
    const drained = server.log().filter(({ msg }) => msg === "draining");
    expect(drained.map(({ isReplaced }) => isReplaced)).toEqual([true, true]);
  });

  it.each([
    ["does not start", { whileLoading: "process.exit(7);" }, "worker 3 exited with code 7"],
    ["throws", { whileLoading: "throw new Error('boom');" }, "worker 3 exited with code 1"],
  ])("keeps the current workers if the new release %s", async (_what, release, message) => {
    const program = createWorkerProgram();
    const server = await program.start();
    const before = await findWorkers(server);
    program.release(release);
    server.child.kill("SIGHUP");
    await server.line(/keeping the current workers/);
    expect(messages(server)).toContain(message);
    expect(await findWorkers(server)).toEqual(before);
    // A fixed release replaces them.
    program.release({ version: "3" });
    server.child.kill("SIGHUP");
    await server.line(/all workers are replaced/);
    expect(await ask(server)).toMatchObject({ version: "3" });
  });

  it("blames no worker for not being ready after a stop", async () => {
    const program = createWorkerProgram();
    const server = await program.start({ LIMITS: JSON.stringify({ readyLimitMs: 5000 }) });
    const blocks = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);";
    program.release({ whileLoading: `console.log("loading"); ${blocks}` });
    server.child.kill("SIGHUP");
    await server.line(/^loading/);
    server.child.kill("SIGTERM");
    // Later than the limit for being ready.
    await server.line(/worker 3 did not exit within 8000 ms: killing it/);
    expect(await server.exit).toBe(1);
    expect(server.lines.join()).not.toContain("was not ready");
  });

  it("binds a new worker only once its readiness checks pass", async () => {
    const program = createWorkerProgram();
    const server = await program.start();
    const before = await findWorkers(server);
    program.release({ version: "2", check: "throw new Error('not yet');" });
    server.child.kill("SIGHUP");
    await server.line(/a readiness check failed/);
    expect(await findWorkers(server)).toEqual(before);
    // Another SIGHUP waits meanwhile, but SIGTERM does not.
    server.child.kill("SIGHUP");
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(0);
  });

  it("keeps the current workers if a new one is not ready in time", async () => {
    const program = createWorkerProgram();
    const server = await program.start({ LIMITS: JSON.stringify({ readyLimitMs: 5000 }) });
    const before = await findWorkers(server);
    program.release({ version: "2", check: "throw new Error('never');" });
    server.child.kill("SIGHUP");
    await server.line(/worker 3 was not ready within 5000 ms: its readiness checks do not pass/);
    await server.line(/keeping the current workers/);
    expect(await findWorkers(server)).toEqual(before);
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(0);
  });

  it("reads the environment again", async () => {
    const program = createWorkerProgram();
    program.writeEnv("WEB_CONCURRENCY=2\n");
    const server = await asServer(startCommand(program.command, { PORT: "0" }, program.folder));
    program.writeEnv("WEB_CONCURRENCY=3\nLOG_LEVEL=debug\n");
    server.child.kill("SIGHUP");
    await server.line(/"workers":3,"msg":"all workers are replaced"/);
    expect([...(await findWorkers(server, 3)).keys()].sort()).toEqual([3, 4, 5]);
    program.writeEnv("WEB_CONCURRENCY=1\n");
    server.child.kill("SIGHUP");
    await server.line(/"workers":1,"msg":"all workers are replaced"/);
    program.writeEnv("WEB_CONCURRENCY=0\n");
    server.child.kill("SIGHUP");
    await server.line(/Invalid environment variables, keeping the current workers/);
    expect((await ask(server)).worker).toBe(6);
  });

  it("logs the address again if it has changed", async () => {
    const program = createWorkerProgram();
    program.writeEnv("PORT=0\nWEB_CONCURRENCY=2\n");
    const server = await asServer(startCommand(program.command, {}, program.folder));
    const port = await findFreePort();
    program.writeEnv(`PORT=${port}\nWEB_CONCURRENCY=2\n`);
    server.child.kill("SIGHUP");
    await server.line(
      new RegExp(`is listening on port ${port} with 2 workers, and up to 20 store`),
    );
  });

  it("starts no worker once the service stops", async () => {
    const program = createWorkerProgram();
    const server = await program.start();
    // Each of the two workers gets one, so that the first to stop has a request to finish.
    const slow: Promise<WorkerResponse>[] = [];
    const isSlow = (id: number) =>
      server.log().some(({ msg, worker }) => msg === "a slow request has come" && worker === id);
    while (!isSlow(1) || !isSlow(2)) {
      slow.push(ask(server, "/slow"));
      await ask(server);
    }
    server.child.kill("SIGHUP");
    await server.line(/"isReplaced":true/);
    server.child.kill("SIGTERM");
    await server.line(/draining the workers/);
    program.respondToSlow();
    expect((await Promise.all(slow)).map(({ version }) => version)).toEqual(slow.map(() => "1"));
    expect(await server.exit).toBe(0);
    expect(server.log().some(({ worker }) => Number(worker) > 3)).toBe(false);
    expect(server.stderr()).toBe("");
  });

  it("uses the code that is on disk at the second signal if sent twice", async () => {
    const program = createWorkerProgram();
    const server = await program.start();
    program.release({ version: "2" });
    server.child.kill("SIGHUP");
    await server.line(/replacing the workers/);
    program.release({ version: "3" });
    server.child.kill("SIGHUP");
    while (messages(server).filter((msg) => msg === "all workers are replaced").length < 2) {
      await ask(server);
    }
    expect(await ask(server)).toMatchObject({ version: "3" });
  });

  it("is ignored while the service drains", async () => {
    const program = createWorkerProgram();
    const server = await program.start();
    const slow = ask(server, "/slow");
    await server.line(/a slow request/);
    server.child.kill("SIGTERM");
    await server.line(/draining the workers/);
    server.child.kill("SIGHUP");
    program.respondToSlow();
    expect(await slow).toMatchObject({ version: "1" });
    expect(await server.exit).toBe(0);
    expect(messages(server)).not.toContainEqual(expect.stringContaining("replac"));
  });

  it("is handled by the supervisor only if sent to the process group", async () => {
    const server = await createWorkerProgram().start();
    process.kill(-server.child.pid!, "SIGHUP");
    await server.line(/all workers are replaced/);
    expect(messages(server).filter((msg) => msg.includes("SIGHUP"))).toHaveLength(1);
  });
});

describe("a passed socket", () => {
  it("is served by one supervisor after the other, and refuses no connection", async () => {
    const passed = createServer().listen(0, "127.0.0.1").unref();
    await once(passed, "listening");
    const { port } = passed.address() as AddressInfo;
    const { fd } = (passed as unknown as { _handle: { fd: number } })._handle;
    const { command, folder } = createWorkerProgram();
    // LISTEN_PID is known only once the process exists: the shell execs the supervisor.
    const shell = ["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh", ...command];
    const env = { PORT: "0", LISTEN_FDS: "1", WEB_CONCURRENCY: "2" };
    const [first, second] = await Promise.all(
      [1, 2].map(() => asServer(startCommand(shell, env, folder, fd))),
    );
    expect([first!.port, second!.port]).toEqual([port, port]);
    // The last process that could accept connections, besides them.
    passed.close();

    let isGoingOn = true;
    const client = (async () => {
      while (isGoingOn) await ask(second!);
    })();
    first!.child.kill("SIGHUP");
    await first!.line(/all workers are replaced/);
    first!.child.kill("SIGTERM");
    expect(await first!.exit).toBe(0);
    isGoingOn = false;
    await client;
    expect(await ask(second!)).toMatchObject({ version: "1" });
  });

  it.each([
    ["one process", 1, ""],
    ["two workers", 2, " with 2 workers, and up to 20 store connections"],
  ])("may be a Unix socket, which %s serve", async (_what, workers, besides) => {
    const { command, folder } = createWorkerProgram();
    const path = join(folder, "socket");
    const passed = createServer().listen(path).unref();
    await once(passed, "listening");
    const { fd } = (passed as unknown as { _handle: { fd: number } })._handle;
    const shell = ["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh", ...command];
    const env = { LISTEN_FDS: "1", WEB_CONCURRENCY: String(workers) };
    const service = startCommand(shell, env, folder, fd);
    const line = JSON.parse(await service.line(/web is listening/)) as object;
    // The path exists until the listener that created it closes.
    linkSync(path, `${path}.kept`);
    passed.close();
    const place = process.platform === "linux" ? path : "a Unix socket";
    expect(line).toMatchObject({ address: place, msg: `web is listening on ${place}${besides}` });
    expect(line).not.toHaveProperty("port");
    const [response] = (await once(get({ socketPath: `${path}.kept` }), "response")) as [Readable];
    expect(await json(response)).toMatchObject({ version: "1" });
    service.child.kill("SIGTERM");
    expect(await service.exit).toBe(0);
    expect(service.stderr()).toBe("");
    expect(lstatSync(`${path}.kept`).isSocket()).toBe(true);
  });
});
