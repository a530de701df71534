import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { inTime } from "berth/testing";
import { berth } from "../../../src/cli-path";

let folder: string;
let runner: ChildProcess;
let nextLine: () => Promise<string>;
/** The output so far. */
let printed: string[];

/** A program that prints its name and runs until it is stopped. */
const program = (name: string) =>
  `process.on("SIGTERM", () => process.exit(7)); console.log("${name}"); setInterval(() => 0, 1e6);\n`;
/** Compiling TypeScript takes most of a start's processor time, so only the tests that are about it run it. */
const MAIN = "main.js";
const saveInPlace = (file: string, text: string) => writeFileSync(join(folder, file), text);
const saveByRename = (file: string, text: string) => {
  saveInPlace(`${file}.new`, text);
  renameSync(join(folder, `${file}.new`), join(folder, file));
};
const printedNext = async (text: string | RegExp) => {
  for (;;) {
    const line = await nextLine();
    if (typeof text === "string" ? line === text : text.test(line)) return;
  }
};
const until = (text: string | RegExp) =>
  inTime(printedNext(text), () => `${text} has not been printed, but only:\n${printed.join("\n")}`);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-reload-"));
});
afterEach(async () => {
  if (runner.exitCode === null) {
    runner.kill("SIGTERM");
    await once(runner, "exit");
  }
  rmSync(folder, { recursive: true });
});

function startReloader(env: NodeJS.ProcessEnv = {}, main = MAIN): void {
  const [file, ...args] = berth("reload", join(folder, main));
  runner = spawn(file, args, {
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, ...env },
  });
  printed = [];
  const lines = createInterface({ input: runner.stdout as NodeJS.ReadableStream })[
    Symbol.asyncIterator
  ]();
  nextLine = async () => {
    const line = await lines.next();
    if (line.done) throw new Error("the reloader has ended");
    printed.push(line.value);
    return line.value;
  };
}

describe("the reloader", () => {
  beforeEach(async () => {
    saveInPlace(MAIN, program("first"));
    startReloader();
    await until("first");
  });

  it("restarts the program at each save, in place or by renaming", async () => {
    saveByRename(MAIN, program("second"));
    await until("second");
    saveByRename(MAIN, program("third"));
    await until("third");
    saveInPlace(MAIN, program("fourth"));
    await until("fourth");
  });

  it("sees files in folders that are created later", async () => {
    mkdirSync(join(folder, "later"));
    await until("first");
    saveByRename("later/part.ts", "export {};\n");
    await until("first");
  });

  it("sees files in a folder that was deleted and created again, as when switching branches", async () => {
    mkdirSync(join(folder, "feature"));
    await until("first");
    rmSync(join(folder, "feature"), { recursive: true });
    mkdirSync(join(folder, "feature"));
    await until("first");
    saveByRename("feature/part.ts", "export {};\n");
    await until("first");
  });

  it("waits for a save when the program exits", async () => {
    saveByRename(MAIN, "throw new Error();\n");
    await until(`${join(folder, MAIN)} exited with 1, waiting for a change`);
    saveByRename(MAIN, program("repaired"));
    await until("repaired");
  });

  it("keeps the program running while its folder is missing, and restarts it once it is back", async () => {
    const away = `${folder}.away`;
    renameSync(folder, away);
    await until(
      `${join(folder, MAIN)} does not exist, the running process continues: waiting for the file to come back`,
    );
    expect(printed.filter((line) => line === "first")).toHaveLength(1);
    renameSync(away, folder);
    await until("first");
    saveByRename(MAIN, program("second"));
    await until("second");
  });

  it("forwards SIGTERM, and exits with the program's code", async () => {
    runner.kill("SIGTERM");
    expect((await once(runner, "exit"))[0]).toBe(7);
  });
});

describe("the reloader of a TypeScript program", () => {
  const typed = (name: string) => `const name: string = "${name}"; export {};\n${program(name)}`;

  it("compiles what is saved, and waits for a save when that fails", async () => {
    saveInPlace("main.ts", typed("first"));
    startReloader({}, "main.ts");
    await until("first");
    saveByRename("main.ts", "const name: = 1;\n");
    await until(`${join(folder, "main.ts")} exited with 1, waiting for a change`);
    saveByRename("main.ts", typed("second"));
    await until("second");
  });
});

describe("the reloader, when the system has no watches left", () => {
  const error = `Object.assign(new Error("System limit reached"), { code: "ENOSPC" })`;
  it.each([
    ["refuses one", `throw ${error}`],
    [
      "takes one back",
      `const watcher = new (require("node:events"))(); watcher.close = () => 0;
       process.nextTick(() => watcher.emit("error", ${error})); return watcher`,
    ],
  ])("says how to get more when it %s, and still sees saves", async (_, how) => {
    saveInPlace(MAIN, program("first"));
    saveInPlace("no-watches.js", `require("node:fs").watch = () => { ${how} };\n`);
    startReloader({ NODE_OPTIONS: `--require ${join(folder, "no-watches.js")}` });
    await until("first");
    expect(printed).toContain(
      `${folder} cannot be watched (ENOSPC), polling once a second; more inotify watches: sudo sysctl fs.inotify.max_user_watches=524288`,
    );
    saveByRename(MAIN, program("second"));
    await until("second");
    saveInPlace(MAIN, program("third"));
    await until("third");
  });
});

describe("the reloader, beside a migrate.ts", () => {
  const migrations = "features/orders/migrations";
  const migrate = (code: number) => `console.log("migrating"); process.exit(${code}); export {};\n`;

  beforeEach(async () => {
    mkdirSync(join(folder, "features/orders"), { recursive: true });
    saveInPlace("migrate.ts", migrate(0));
    saveInPlace(MAIN, program("first"));
    startReloader();
    await until("first");
  });

  it("runs it before the program only when a migration is saved", async () => {
    saveByRename(MAIN, program("second"));
    await until("second");
    expect(printed).not.toContain("migrating");
    mkdirSync(join(folder, migrations));
    saveByRename(`${migrations}/1_orders.ts`, "export {};\n");
    await until("migrating");
    await until("second");
    saveByRename(MAIN, program("third"));
    await until("third");
    expect(printed.filter((line) => line === "migrating")).toHaveLength(1);
  });

  it("keeps the program running while a migration fails, and tries again at each save", async () => {
    saveInPlace(MAIN, `process.on("exit", () => console.log("ended"));\n${program("serving")}`);
    await until("serving");
    saveInPlace("migrate.ts", migrate(3));
    await until("serving");
    printed = [];
    const failed = `${join(folder, "migrate.ts")} exited with 3, ${join(folder, MAIN)} keeps running: trying again at the next save`;
    mkdirSync(join(folder, migrations));
    await until(failed);
    saveByRename(`${migrations}/1_orders.ts`, "export {};\n");
    await until(failed);
    expect(printed).not.toContain("ended");
    saveInPlace("migrate.ts", migrate(0));
    await until("ended");
    await until("serving");
  });
});

describe("the reloader that is told to stop", () => {
  const stop = async () => {
    const exited = once(runner, "exit");
    runner.kill("SIGTERM");
    const [code] = (await inTime(exited, () => `it runs, and printed:\n${printed.join("\n")}`)) as [
      number | null,
    ];
    return code;
  };

  it("starts nothing more, though a migration is interrupted and another save waits", async () => {
    // The ids of their processes.
    const migrations = join(tmpdir(), `${basename(folder)}-migrations`);
    // Ends once the migration has, as the reloader sees it: a process that nobody has waited for is still there.
    const main = `
      const { existsSync, readFileSync } = require("node:fs");
      const isRunning = (pid) => { try { return process.kill(pid, 0); } catch { return false; } };
      process.on("SIGTERM", () => setInterval(() => {
        if (!isRunning(parseInt(readFileSync(${JSON.stringify(migrations)}, "utf8")))) process.exit(7);
      }, 1));
      console.log("serving");
      setInterval(() => 0, 1e6);`;
    const migrate = `
      require("node:fs").appendFileSync(${JSON.stringify(migrations)}, process.pid + "\\n");
      console.log("migrating");
      setInterval(() => 0, 1e6);`;
    // A save is pending once all folders are watched anew.
    const watches = `
      const fs = require("node:fs");
      const { watch } = fs;
      fs.watch = (path, ...others) => {
        if (path === ${JSON.stringify(folder)}) console.log("watching");
        return watch(path, ...others);
      };`;
    saveInPlace(MAIN, main);
    saveInPlace("migrate.ts", migrate);
    const preloaded = join(tmpdir(), `${basename(folder)}-watches.js`);
    writeFileSync(preloaded, watches);
    mkdirSync(join(folder, "migrations"));
    startReloader({ NODE_OPTIONS: `--require ${preloaded}` });
    await until("serving");
    saveInPlace("migrations/1_orders.ts", "export {};\n");
    await until("migrating");
    saveInPlace(MAIN, main);
    await until("watching");
    expect(await stop()).toBe(7);
    expect(readFileSync(migrations, "utf8")).toMatch(/^\d+\n$/);
    rmSync(preloaded);
    rmSync(migrations);
  });
});

describe("the reloader of a program whose port is in use", () => {
  const binding = `require("node:net").createServer().listen(process.env.PORT, () => console.log("listening"));\n`;

  it("names the process that has it, and restarts the program once it is free", async () => {
    const holder = createServer().listen(0);
    await once(holder, "listening");
    const { port } = holder.address() as AddressInfo;
    saveInPlace(MAIN, binding);
    startReloader({ PORT: String(port) });
    await until(
      new RegExp(
        `main\\.js exited with 1, as port ${port} is in use by process ${process.pid} \\(.+\\): restarting it once the port is free$`,
      ),
    );
    holder.close();
    await until("listening");
  });
});
