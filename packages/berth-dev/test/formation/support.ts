// Runs the Procfile runner as a separate process in a temporary directory.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { inTime } from "berth/testing";
import { freePort } from "port-contract/ports";
import { berth } from "../../src/cli-path";

export const root = join(__dirname, "../../../..");

export interface Runner {
  process: ChildProcess;
  directory: string;
  /** Resolves to the exit code or the signal's name. */
  readonly exited: Promise<number | string>;
  /** The output so far, without the time. */
  output(): string;
  /** Resolves to the match once the output has one. Rejects with the output if it ends without one. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
}

/** The folder of the formations' sockets, for this test file alone. */
const sockets = mkdtempSync(join(tmpdir(), "sockets-"));
afterAll(() => rmSync(sockets, { recursive: true, force: true }));

const running = new Set<ChildProcess>();
/** The directories created here; a test deletes those that it passes in. */
const made = new Set<string>();

/** Starts the runner with a Procfile of these lines and `files` beside it, on free ports unless the arguments have others. */
export async function startFormation(
  lines: string[],
  args: string[] = [],
  files: Record<string, string> = {},
  env: NodeJS.ProcessEnv = {},
): Promise<Runner> {
  const directory = mkdtempSync(join(tmpdir(), "formation-"));
  made.add(directory);
  const all = { Procfile: lines.join("\n"), ...files };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(join(directory, dirname(name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  const ports = args.includes("-p") ? [] : ["-p", String(await freeBasePort())];
  return startRunner(directory, [...args, ...ports], env);
}

/** Starts the runner in a directory, which the caller deletes. */
export function startRunner(
  directory: string,
  args: string[],
  env: NodeJS.ProcessEnv = {},
): Runner {
  const [file, ...command] = berth("dev", ...args);
  const child = spawn(file, command, {
    cwd: directory,
    env: { ...process.env, TMPDIR: sockets, ...env },
  });
  running.add(child);
  return Object.assign(watch(child), { directory });
}

function watch(child: ChildProcess): Omit<Runner, "directory"> {
  let text = "";
  let tell!: () => void;
  let printed!: Promise<void>;
  const renew = () => {
    printed = new Promise((resolve) => (tell = resolve));
  };
  renew();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      tell();
      renew();
    });
  }
  const ended = new Promise<number | string>((resolve) => {
    child.once("close", (code, signal) => resolve(signal ?? code ?? "unknown"));
  });
  const output = () => text.replace(/^\d\d:\d\d:\d\d /gm, "");
  let isClosed = false;
  void ended.then(() => (isClosed = true));
  const found = async (pattern: RegExp) => {
    for (;;) {
      const match = pattern.exec(output());
      if (match) return match;
      if (isClosed) throw new Error(`no ${pattern} in:\n${text}`);
      await Promise.race([printed, ended]);
    }
  };
  return {
    process: child,
    get exited() {
      return inTime(ended, () => `it has not ended, but printed:\n${text}`);
    },
    output,
    waitFor: (pattern) => inTime(found(pattern), () => `no ${pattern} in:\n${text}`),
  };
}

/** For afterEach: stops the runners that are left, and deletes the directories created here. */
export async function stopFormations(): Promise<void> {
  for (const child of running) {
    child.stdout?.resume();
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
  }
  running.clear();
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
  made.clear();
}

/** Resolves once the process is gone. */
export async function waitUntilGone(pid: number): Promise<void> {
  while (isAlive(pid)) await delay(20);
}

/** Whether the process runs. A zombie does not. */
export function isAlive(pid: number): boolean {
  const ps = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return /^[^Z]/.test(ps.stdout.trim());
}

/** The ids of the processes that have one of these variables, as `NAME=value`, in their environment. */
export function processesWith(...settings: string[]): number[] {
  const ps = spawnSync("ps", ["axeww", "-o", "pid=,args="], { encoding: "utf8" });
  return ps.stdout
    .split("\n")
    .filter((line) => settings.some((setting) => line.split(/\s+/).includes(setting)))
    .map(Number.parseFloat);
}

/** Resolves to a free port; the 101 above are free too: enough for two process types, the second with two instances. */
export function freeBasePort(): Promise<number> {
  return freePort(101);
}
