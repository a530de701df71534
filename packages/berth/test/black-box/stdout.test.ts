import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { COMPILED } from "../support/built";

/**
 * Reports a write in the next turn of the event loop, which a blocking write would not reach. \`share\`
 * starts a program with the same standard output, so that Node makes it blocking again; \`try\` writes once more.
 */
const program = `
  const { spawnSync } = require("node:child_process");
  const fs = require("node:fs");
  const { writeSync } = fs;
  let wanted = 0;
  fs.writeSync = (...args) => {
    if (--wanted === 0) process.send("tried");
    return writeSync(...args);
  };
  const { createStdout } = require(${JSON.stringify(join(COMPILED, "process/stdout"))});
  const out = createStdout();
  process.on("exit", out.flush);
  let next = 0;
  process.on("message", (count) => {
    if (count === "exit") process.exit();
    if (count === "try") return (wanted = 3);
    if (count === "share") return process.send(spawnSync("true", { stdio: "inherit" }).status);
    for (let i = 0; i < count; i++) out.write(JSON.stringify({ n: next++, writer: process.env.WRITER, text: "x".repeat(200) }) + "\\n");
    setImmediate(() => setImmediate(() => process.send(next)));
  });
`;
type Line = { n?: number; writer?: string; dropped?: number };

let directory: string;
const children: ChildProcess[] = [];
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "stdout-"))));
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(directory, { recursive: true });
});

function start(
  stdout: "pipe" | number,
  command = 'exec "$0" -e "$1"',
  env: Record<string, string> = {},
): ChildProcess {
  const child = spawn("/bin/sh", ["-c", command, process.execPath, program], {
    env: { ...process.env, ...env },
    stdio: ["ignore", stdout, "inherit", "ipc"],
  });
  children.push(child);
  return child;
}

/** Lets the program write lines; resolves once it has. */
async function write(child: ChildProcess, count: number): Promise<void> {
  child.send(count);
  await once(child, "message");
}

/** A blocking pipe, as shells create it. */
function startOnBlockingPipe(): [ChildProcess, Readable] {
  const path = join(directory, "pipe");
  execFileSync("mkfifo", [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  const child = start(writer);
  closeSync(writer);
  return [child, new Socket({ fd: reader, writable: false })];
}

/** A datagram socket that nothing reads, as uWSGI uses for logs; created by Perl, as Node has no datagram Unix sockets. */
function startOnUnreadSocket(type: "SOCK_SEQPACKET" | "SOCK_DGRAM"): ChildProcess {
  const script = `$^F = 9; socketpair(R, W, AF_UNIX, ${type}, 0) or die; open(STDOUT, ">&", W); exec @ARGV`;
  return start("pipe", `exec perl -MSocket -e '${script}' "$0" -e "$1"`);
}

function startOnNodePipe(): [ChildProcess, Readable] {
  const child = start("pipe");
  return [child, child.stdout as Readable];
}

async function* linesOf(reader: Readable): AsyncGenerator<Line> {
  for await (const line of createInterface({ input: reader })) yield JSON.parse(line) as Line;
}

describe.each([
  ["a shell's pipe", startOnBlockingPipe],
  ["Node's pipe", startOnNodePipe],
])("standard output that is %s", (_name, startOn) => {
  it("never blocks on its reader, and reports where lines were dropped", async () => {
    const [child, reader] = startOn();
    let written = 0;
    for (; written < 30_000; written += 1000) await write(child, 1000);
    const lines = linesOf(reader);
    let taken = 0;
    let dropped: number | undefined;
    for (; dropped === undefined; taken++) {
      const { value } = (await lines.next()) as { value: Line };
      if (value.dropped === undefined) expect(value.n).toBe(taken);
      else dropped = value.dropped;
    }
    expect(taken - 1 + dropped).toBe(written);
    expect(taken).toBeGreaterThan(15_000);
    await write(child, 1);
    expect((await lines.next()).value).toMatchObject({ n: written });
    reader.destroy();
  });

  it("is flushed at exit", async () => {
    const [child, reader] = startOn();
    await write(child, 1000);
    child.send("exit");
    let taken = 0;
    for await (const { n } of linesOf(reader)) expect(n).toBe(taken++);
    expect(taken).toBe(1000);
  });

  it("does not keep the process from exiting if nothing reads it", async () => {
    const [child, reader] = startOn();
    await write(child, 30_000);
    child.send("exit");
    expect(await once(child, "exit")).toEqual([0, null]);
    reader.destroy();
  });
});

describe("standard output that another program makes blocking", () => {
  it.each<[string, () => ChildProcess]>([
    ["a shell's pipe", () => startOnBlockingPipe()[0]],
    ["a Unix stream socket, as journald's", () => startOnNodePipe()[0]],
    ["a sequential packet socket, as piku's", () => startOnUnreadSocket("SOCK_SEQPACKET")],
    ["a datagram socket", () => startOnUnreadSocket("SOCK_DGRAM")],
  ])("does not block on its reader if it is %s", async (_name, startOn) => {
    const child = startOn();
    await write(child, 10_000);
    child.send("share");
    expect(await once(child, "message")).toEqual([0, undefined]);
    child.send("try");
    expect(await once(child, "message")).toEqual(["tried", undefined]);
    await write(child, 1);
    child.send("share");
    await once(child, "message");
    child.send("exit");
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});

describe("standard output that several processes write to", () => {
  it("contains whole lines only, however slow its reader is", async () => {
    const path = join(directory, "pipe");
    execFileSync("mkfifo", [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const pipe = openSync(path, constants.O_WRONLY);
    const writers = ["a", "b"].map((WRITER) => start(pipe, undefined, { WRITER }));
    closeSync(pipe);
    await Promise.all(writers.map((writer) => write(writer, 2000)));
    const next = { a: 0, b: 0 } as Record<string, number>;
    let taken = 0;
    for await (const { n, writer } of linesOf(new Socket({ fd: reader, writable: false }))) {
      expect(n).toBe(next[writer!]!++);
      if (++taken === 4000) break;
    }
    expect(next).toEqual({ a: 2000, b: 2000 });
  });
});

describe("standard output that is a file on a full disk", () => {
  it("resumes where it stopped once there is space again", async () => {
    const path = join(directory, "log");
    const file = openSync(path, "a");
    const child = start(file, 'ulimit -f 8; exec "$0" -e "$1"');
    closeSync(file);
    await write(child, 30);
    const before = readFileSync(path, "utf8");
    truncateSync(path);
    let after = "";
    while (!after.endsWith("\n")) {
      await write(child, 0);
      after = readFileSync(path, "utf8");
    }
    const lines = (before + after).trimEnd().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as Line).n)).toEqual([...Array(30).keys()]);
  });
});

describe.each(["pipe", "file"] as const)("standard output that is a %s", (kind) => {
  it("does not break the resolution of modules through symbolic links", () => {
    mkdirSync(join(directory, "real"));
    mkdirSync(join(directory, "node_modules"));
    symlinkSync("../real", join(directory, "node_modules/linked"));
    for (const name of ["early.js", "late.js"]) writeFileSync(join(directory, "real", name), "");
    const createStdout = JSON.stringify(join(COMPILED, "process/stdout"));
    const late = `
      const { createRequire } = require("node:module");
      const { resolve } = createRequire(${JSON.stringify(join(directory, "index.js"))});
      resolve("linked/early");
      require(${createStdout}).createStdout();
      process.stderr.write(resolve("linked/late"));
    `;
    const stdout = kind === "pipe" ? "pipe" : openSync(join(directory, "log"), "a");
    const { stderr } = spawnSync(process.execPath, ["-e", late], {
      stdio: ["ignore", stdout, "pipe"],
      encoding: "utf8",
    });
    if (typeof stdout === "number") closeSync(stdout);
    expect(stderr).toBe(join(realpathSync(directory), "real/late.js"));
  });
});
