// Runs a program in its own session, with stdin from /dev/null, and kills all of its processes afterwards.
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { listenersOf, type Listener } from "../ports/listeners";
import { collectOutput, type Output } from "./output";
import { processTree, runMark, type ProcessEntry } from "./process-tree";
import { isInterrupted, killOnExit } from "./reaper";
import { until, within } from "./wait";

/** How the leader of a run exited; `afterMs` is the time since its start. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly afterMs: number;
}

/** A program and its arguments. */
export type Argv = readonly [string, ...string[]];

/** Options of a run, besides its command. */
export interface RunOptions {
  /** The value of PORT; B4 sets invalid ones. */
  readonly port?: string;
  /** Added to the environment; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** If true, the environment is only PATH instead of this process's, and there is no `.env`. Default: false. */
  readonly isolated?: boolean;
  /** The working directory. Default: this process's, or the directory for temporary files if `isolated`. */
  readonly cwd?: string;
  /** `open`: a pipe that never ends; a number: a descriptor of this process. Default: /dev/null. */
  readonly stdin?: "open" | number;
  /** A descriptor of this process. Default: collected as the run's output, as stderr always is. */
  readonly stdout?: number;
  /** A descriptor of this process that becomes the run's fd 3. */
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
  /** The exit, once it has happened, unless a signal was sent before. */
  readonly unexpectedExit: () => Exit | undefined;
  /** Signals the process group, or the leader alone; ignored if the process is gone. */
  readonly signal: (name: NodeJS.Signals, to: "group" | "leader") => void;
  /** The live processes of the run, including daemons. */
  readonly processes: () => ProcessEntry[];
  readonly listeners: () => Listener[];
  /** Kills all processes of the run and resolves when they are gone. */
  readonly reap: () => Promise<void>;
}

/**
 * Starts a program. If it cannot be started, its exit code is 127.
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
  const forget = killOnExit(() => (killGroup(), killRest()));
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
    unexpectedExit: () => (signalled ? undefined : exit),
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
  // A relative path of the program is relative to this process's working directory, not to `cwd`.
  return spawn(cwd !== undefined && program.includes("/") ? resolve(program) : program, args, {
    cwd,
    // Its own session: a terminal cannot signal it, and its group can be signalled.
    detached: true,
    env: { ...around, PORT: port, ...options.env, [runMark]: mark },
    stdio: [stdin === "open" ? "pipe" : stdin, stdout, "pipe", ...(fd3 === undefined ? [] : [fd3])],
  });
}

// The last output may arrive after the exit, but orphaned children may keep the pipes open.
const lastOutputMs = 1000;

function exitOf(child: ChildProcess): Promise<Exit> {
  const startedAt = performance.now();
  const closed = new Promise((resolve) => child.once("close", resolve));
  return new Promise((resolve) => {
    const end = async (code: number | null, signal: NodeJS.Signals | null) => {
      const afterMs = performance.now() - startedAt;
      await within(closed, lastOutputMs);
      resolve({ code, signal, afterMs });
    };
    child.once("exit", (code, signal) => void end(code, signal));
    child.once("error", () => void end(127, null));
  });
}

/** Returns true if there was nothing left to kill. */
function killAll(processes: readonly ProcessEntry[]): boolean {
  for (const { pid } of processes) signalQuietly(pid, "SIGKILL");
  return processes.length === 0;
}

function signalQuietly(target: number, name: NodeJS.Signals): void {
  if (target === 0) return; // The program never started; 0 would signal the tool's own group.
  try {
    process.kill(target, name);
  } catch {
    // ESRCH: the process has already ended.
  }
}
