import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const root = join(__dirname, "../../..");
let folder: string;
let runner: ChildProcess;
let nextLine: () => Promise<string>;

/** A program that says its name and stays until it is told to end. */
const program = (name: string) =>
  `process.on("SIGTERM", () => process.exit(7)); console.log("${name}"); setInterval(() => 0, 1e6); export {};\n`;
const saveInPlace = (file: string, text: string) => writeFileSync(join(folder, file), text);
const saveByRename = (file: string, text: string) => {
  saveInPlace(`${file}.new`, text);
  renameSync(join(folder, `${file}.new`), join(folder, file));
};
const until = async (text: string) => {
  while ((await nextLine()) !== text);
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "berth-reload-"));
  saveInPlace("main.ts", program("first"));
  const args = ["--require", "ts-node/register", "scripts/dev/reload.ts", join(folder, "main.ts")];
  runner = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const lines = createInterface({ input: runner.stdout as NodeJS.ReadableStream })[
    Symbol.asyncIterator
  ]();
  nextLine = async () => {
    const line = await lines.next();
    if (line.done) throw new Error("the reloader has ended");
    return line.value;
  };
  await until("first");
});
afterEach(async () => {
  if (runner.exitCode === null) {
    runner.kill("SIGTERM");
    await once(runner, "exit");
  }
  rmSync(folder, { recursive: true });
});

describe("the reloader", () => {
  it("starts the program anew at each save, in place or by renaming", async () => {
    saveByRename("main.ts", program("second"));
    await until("second");
    saveByRename("main.ts", program("third"));
    await until("third");
    saveInPlace("main.ts", program("fourth"));
    await until("fourth");
  });

  it("sees files in folders that are made later", async () => {
    mkdirSync(join(folder, "later"));
    await until("first");
    saveByRename("later/part.ts", "export {};\n");
    await until("first");
  });

  it("waits for a repair when the program breaks", async () => {
    saveByRename("main.ts", "throw new Error();\n");
    await until(`${join(folder, "main.ts")} ended with 1, waiting for a change`);
    saveByRename("main.ts", program("repaired"));
    await until("repaired");
  });

  it("passes SIGTERM on, and ends as the program does", async () => {
    runner.kill("SIGTERM");
    expect((await once(runner, "exit"))[0]).toBe(7);
  });
});
