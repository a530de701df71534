import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMPILED } from "../support/built";
import { startCommand, stopProcesses } from "../../src/testing/process";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "worker-pool-"))));
afterEach(async () => {
  await stopProcesses();
  rmSync(folder, { recursive: true });
});

/** Runs a supervisor's code with these workers; resolves with the lines that it prints. */
async function supervise(code: string, worker: string): Promise<string[]> {
  const file = join(folder, "worker.js");
  writeFileSync(file, worker);
  const program = join(folder, "supervisor.js");
  writeFileSync(
    program,
    `
    const cluster = require("node:cluster");
    const { EventEmitter } = require("node:events");
    const compiled = (path) => require(${JSON.stringify(COMPILED)} + "/process/" + path);
    const turn = () => new Promise(setImmediate);
    cluster.setupPrimary({ exec: ${JSON.stringify(file)}, execArgv: [] });
    const forked = [];
    cluster.on("fork", (worker) => forked.push(new WeakRef(worker)));
    void (async () => {
      ${code}
      process.exit();
    })();`,
  );
  const { exit, lines, stderr } = startCommand(
    [process.execPath, "--expose-gc", program],
    {},
    folder,
  );
  if ((await exit) !== 0) throw new Error(stderr());
  return lines;
}

describe("a worker that exits before it serves", () => {
  it.each([
    ["exits while loading", "process.execPath", "process.exit(7)"],
    ["cannot be started", "'/dev/null/none'", ""],
  ])("leaves no timer and no worker behind if it %s", async (_what, execPath, worker) => {
    const printed = await supervise(
      `const { startWorker } = compiled("worker");
      process.execPath = ${execPath};
      for (let i = 0; i < 5; i++) {
        const worker = startWorker(3_600_000);
        await worker.ended;
        console.log(await worker.serving);
      }
      while (Object.keys(cluster.workers).length > 0) await turn();
      console.log(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length);`,
      worker,
    );
    expect(printed).toEqual([...Array<string>(5).fill("false"), "0"]);
  });
});

/** Creates a pool of two workers, and emits its log lines. */
const createPool = `
  const { createWorkerPool } = compiled("worker-pool");
  const lines = new EventEmitter();
  const log = (fields, text) => lines.emit("line", text);
  const pool = createWorkerPool({
    logger: { info: log, warn: log, error: log, fatal: log },
    settings: () => ({ workers: 2, shutdownTimeoutMs: 1000 }),
    pingMs: 3_600_000,
    readyLimitMs: 3_600_000,
    stop: { requested: new Promise(() => {}), forced: new Promise(() => {}), isRequested: () => false },
  });
`;

describe("createWorkerPool", () => {
  it("logs why a worker that it kills was not ready", async () => {
    const printed = await supervise(
      `${createPool}
      lines.on("line", (text) => console.log(text));
      const worker = pool.start();
      console.log(await pool.prepared(worker, 3_600_000));
      console.log(await pool.bind(worker, 1));`,
      `process.on("message", () => undefined);
      process.send({ supervision: "prepared", connections: {} });`,
    );
    expect(printed).toEqual([
      "true",
      "worker 1 was not ready within 1 ms: its port is not bound",
      "false",
    ]);
  });

  it("has no time limits in a debugger", async () => {
    const printed = await supervise(
      `require("node:inspector").open(0, "127.0.0.1");
      ${createPool}
      const worker = pool.start();
      const prepared = pool.prepared(worker, 1);
      setTimeout(() => Object.values(cluster.workers)[0]?.send("go on"), 20);
      console.log(await prepared);`,
      `process.on("message", () => process.send({ supervision: "prepared", connections: {} }));`,
    );
    expect(printed).toEqual(["true"]);
  });

  it("retains none of the workers that it has replaced", async () => {
    const printed = await supervise(
      `${createPool}
      for (let i = 0; i < 2; i++) {
        const worker = pool.start();
        await pool.bind(worker, 3_600_000);
        pool.keep(worker);
      }
      for (let replaced = 0; replaced < 6; replaced++) {
        pool.serving()[1].kill();
        await new Promise((resolve) => lines.on("line", (text) => / replaces worker /.test(text) && resolve()));
      }
      const remembered = () => forked.filter((ref) => ref.deref()).length;
      do { await turn(); gc(); } while (remembered() > 3);
      console.log(forked.length);`,
      `process.on("message", ({ supervision }) => supervision === "bind" && process.send({ supervision: "serving" }));
      process.send({ supervision: "prepared", connections: {} });`,
    );
    expect(printed).toEqual(["8"]);
  });
});
