// One run of a program: its own session, stdin from /dev/null, and nothing of it left afterwards.
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { listenersOf, type Listener } from "../ports/listeners";
import { collectOutput, type Output } from "./output";
import { processTree, runMark, type ProcessEntry } from "./process-tree";
import { isInterrupted, killWithTool } from "./reaper";
import { until, within } from "./wait";

/** How the leader of a run ended; `afterMs` counts from its start. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly afterMs: number;
}

/** A program and its arguments. */
export type Argv = readonly [string, ...string[]];

/** What a run is started with beyond its command. */
export interface RunOptions {
  /** The value of PORT, which B4 makes nonsense on purpose. */
  readonly port?: string;
  /** Added to the environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Whether the environment is empty but for PATH, and not that of this process; nor is there a `.env` to read. */
  readonly isolated?: boolean;
  /** The working directory: by default that of this process, or the one for temporary files for an isolated run. */
  readonly cwd?: string;
  /** `open`: a pipe that never ends; a number: a descriptor of this process; by default /dev/null. */
  readonly stdin?: "open" | number;
  /** A descriptor of this process; by default it is collected as the run's output, as standard error always is. */
  readonly stdout?: number;
  /** A descriptor of this process that the run gets as its fd 3. */
  readonly fd3?: number;
}

/** A started program. */
export interface Run {
  readonly pid: number;
  readonly port: number;
  readonly output: Output;
  readonly exited: Promise<Exit>;
  /** The exit, once it has happened. */
  readonly exit: () => Exit | undefined;
  /** The exit, once it has happened, of a run that nobody had signalled before. */
  readonly death: () => Exit | undefined;
  /** Signals the whole process group, or the leader alone; a process that is gone is no error. */
  readonly signal: (name: NodeJS.Signals, to: "group" | "leader") => void;
  /** The living processes of the run, wherever they have gone. */
  readonly processes: () => ProcessEntry[];
  readonly listeners: () => Listener[];
  /** Kills whatever is left and resolves when it is gone. */
  readonly reap: () => Promise<void>;
}

/**
 * Starts a program; one that cannot be started has exited with 127.
 *
 * @throws Error once the tool has been interrupted
 */
export function startRun(argv: Argv, options: RunOptions = {}): Run {
  if (isInterrupted()) throw new Error("interrupted");
  const mark = randomUUID();
  const child = spawnLeader(argv, mark, options);
  const pid = child.pid ?? 0;
  const output = collectOutput(child);
  let exit: Exit | undefined;
  let signalled = false;
  const exited = exitOf(child).then((ended) => (exit = ended));

  const processes = () => (pid ? processTree(pid, mark) : []);
  const signal: Run["signal"] = (name, to) => {
    signalled ||= !exit && processes().length > 0;
    signalQuietly(to === "group" ? -pid : pid, name);
  };
  const killGroup = () => signal("SIGKILL", "group");
  const killRest = () => killAll(processes());
  const forget = killWithTool(() => (killGroup(), killRest()));
  const reap = async () => {
    killGroup();
    await exited;
    await until(killRest, 10_000);
    output.hangUp();
    child.stdin?.destroy();
    forget();
  };
  return {
    pid,
    port: Number(options.port),
    output,
    exited,
    exit: () => exit,
    death: () => (signalled ? undefined : exit),
    signal,
    processes,
    listeners: () => listenersOf(processes().map((entry) => entry.pid)),
    reap,
  };
}

function spawnLeader([program, ...args]: Argv, mark: string, options: RunOptions): ChildProcess {
  const { port, isolated, stdin = "ignore", stdout = "pipe", fd3 } = options;
  const { cwd = isolated ? tmpdir() : undefined } = options;
  const around = isolated ? { PATH: process.env.PATH } : process.env;
  // A path is relative to the folder of this process, wherever the run is.
  return spawn(cwd !== undefined && program.includes("/") ? resolve(program) : program, args, {
    cwd,
    // A session of its own: no terminal can signal it, and its group can be signalled as one.
    detached: true,
    env: { ...around, PORT: port, ...options.env, [runMark]: mark },
    stdio: [stdin === "open" ? "pipe" : stdin, stdout, "pipe", ...(fd3 === undefined ? [] : [fd3])],
  });
}

// What a process prints last may arrive after its end; orphans of it may hold the pipes for ever.
const lastWordsMs = 1000;

function exitOf(child: ChildProcess): Promise<Exit> {
  const startedAt = performance.now();
  const closed = new Promise((resolve) => child.once("close", resolve));
  return new Promise((resolve) => {
    const end = async (code: number | null, signal: NodeJS.Signals | null) => {
      const afterMs = performance.now() - startedAt;
      await within(closed, lastWordsMs);
      resolve({ code, signal, afterMs });
    };
    child.once("exit", (code, signal) => void end(code, signal));
    child.once("error", () => void end(127, null));
  });
}

/** Says whether nothing was left to kill. */
function killAll(processes: readonly ProcessEntry[]): boolean {
  for (const { pid } of processes) signalQuietly(pid, "SIGKILL");
  return processes.length === 0;
}

function signalQuietly(target: number, name: NodeJS.Signals): void {
  if (target === 0) return; // It never started; 0 would be the tool's own group.
  try {
    process.kill(target, name);
  } catch {
    // ESRCH: it has ended already, which is what most signals here are for.
  }
}
