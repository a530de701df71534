import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHASSIS } from "../support/built";
import { startCommand, stopProcesses } from "../../src/testing/process";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "crew-"))));
afterEach(async () => {
  await stopProcesses();
  rmSync(folder, { recursive: true });
});

/** Runs a supervisor's code with workers that do as told, and resolves with what it has printed. */
async function supervise(code: string, worker: string): Promise<string[]> {
  const file = join(folder, "worker.js");
  writeFileSync(file, worker);
  const program = join(folder, "supervisor.js");
  writeFileSync(
    program,
    `
    const cluster = require("node:cluster");
    const { EventEmitter } = require("node:events");
    const chassis = (path) => require(${JSON.stringify(CHASSIS)} + "/process/" + path);
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

describe("a worker that ends before it serves", () => {
  it.each([
    ["ends while it is loaded", "process.execPath", "process.exit(7)"],
    ["cannot be started", "'/dev/null/none'", ""],
  ])("leaves nothing behind when it %s", async (_what, execPath, worker) => {
    const printed = await supervise(
      `const { startWorker } = chassis("worker");
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

/** A crew of two, and the lines that it logs. */
const createCrew = `
  const { createCrew } = chassis("crew");
  const lines = new EventEmitter();
  const log = (fields, text) => lines.emit("line", text);
  const crew = createCrew({
    logger: { info: log, warn: log, error: log, fatal: log },
    settings: () => ({ workers: 2, shutdownTimeoutMs: 1000 }),
    pingMs: 3_600_000,
    readyLimitMs: 3_600_000,
    stop: { requested: new Promise(() => {}), forced: new Promise(() => {}), isRequested: () => false },
  });
`;

describe("a crew", () => {
  it("says what a worker that it kills was waiting for", async () => {
    const printed = await supervise(
      `${createCrew}
      lines.on("line", (text) => console.log(text));
      const worker = crew.hire();
      console.log(await crew.built(worker, 3_600_000));
      console.log(await crew.put(worker, 1));`,
      `process.on("message", () => undefined);
      process.send({ supervision: "prepared", connections: {} });`,
    );
    expect(printed).toEqual([
      "true",
      "worker 1 was not ready within 1 ms: its port is not bound",
      "false",
    ]);
  });

  it("gives a worker all the time that it needs in a debugger", async () => {
    const printed = await supervise(
      `require("node:inspector").open(0, "127.0.0.1");
      ${createCrew}
      const worker = crew.hire();
      const built = crew.built(worker, 1);
      setTimeout(() => Object.values(cluster.workers)[0]?.send("go on"), 20);
      console.log(await built);`,
      `process.on("message", () => process.send({ supervision: "prepared", connections: {} }));`,
    );
    expect(printed).toEqual(["true"]);
  });

  it("forgets the workers that it has replaced", async () => {
    const printed = await supervise(
      `${createCrew}
      for (let i = 0; i < 2; i++) {
        const worker = crew.hire();
        await crew.put(worker, 3_600_000);
        crew.employ(worker);
      }
      for (let replaced = 0; replaced < 6; replaced++) {
        crew.serving()[1].kill();
        await new Promise((resolve) => lines.on("line", (text) => / in place of /.test(text) && resolve()));
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
