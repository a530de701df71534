// Starts and stops a contender's process.
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "port-contract/ports";
import {
  type Argv,
  listens,
  type Output,
  type Run,
  type RunOptions,
  startRun,
  stop,
} from "port-contract/harness";
import type { Contender } from "./contenders";
import { onCore } from "./cores";

/** Options for a contender's process. */
export interface ServerOptions {
  /** The Node that runs it. */
  node: string;
  env?: Readonly<Record<string, string>> | undefined;
  /** Whether it and its log reader may run on any core. */
  onAllCores?: boolean | undefined;
  /** `kept`: this process collects the lines. `drained`: another process reads them from a pipe and only counts them. */
  log: "kept" | "drained";
}

/** A contender that listens. */
export interface Server extends Run {
  /** The output that says that it listens. */
  log: Output;
  /** Stops it and resolves to the number of lines that it logged. */
  stop: () => Promise<number>;
}

/** How long a contender may take to exit before it is killed, in milliseconds. */
const STOP_LIMIT_MS = 10_000;

/**
 * Starts a contender and resolves when it listens.
 * @throws Error with its output when it does not
 */
export function startContender(contender: Contender, options: ServerOptions): Promise<Server> {
  return startCommand([options.node, contender.script], {
    ...options,
    env: { ...contender.env, ...options.env },
  });
}

/** Starts a command that binds PORT, and resolves when it logs that it listens. */
export async function startCommand(
  command: readonly string[],
  { env, log, onAllCores = false }: ServerOptions,
): Promise<Server> {
  const port = String(await freePort());
  const argv = onCore(onAllCores ? "any" : "server", command);
  const options = { port, env: { ...surroundings, ...env } };
  if (log === "kept") return startKept(argv, options);
  return startDrained(argv, options, onAllCores ? "any" : "load");
}

async function startKept(argv: Argv, options: RunOptions): Promise<Server> {
  const run = startRun(argv, options);
  await listens(run);
  const end = () => endOf(run).then(() => run.output.lines().length);
  return { ...run, log: run.output, stop: end };
}

/**
 * Starts a server whose log another process reads from a pipe. Node's "pipe" is a socket; a real pipe, as from a shell or
 * a container runtime, makes writes cost the same as in production.
 */
async function startDrained(
  argv: Argv,
  options: RunOptions,
  side: "load" | "any",
): Promise<Server> {
  const { readFd, writeFd } = openPipe();
  const command = onCore(side, [process.execPath, join(__dirname, "log-drain.js")]);
  const drain = startRun(command, { stdin: readFd });
  const run = startRun(argv, { ...options, stdout: writeFd });
  // Closed here, so that the reader sees the end of the pipe when the server, its only writer, exits.
  closeSync(readFd);
  closeSync(writeFd);
  await listens(run, drain.output);
  const end = async () => {
    await endOf(run);
    await drain.exited;
    await drain.reap();
    return (JSON.parse(drain.output.lines().at(-1) ?? "{}") as { lines?: number }).lines ?? 0;
  };
  return { ...run, log: drain.output, stop: end };
}

/** Opens both ends of a pipe; the caller closes them after passing them on. */
function openPipe(): { readFd: number; writeFd: number } {
  const directory = mkdtempSync(join(tmpdir(), "berth-bench-"));
  const path = join(directory, "log");
  execFileSync("mkfifo", [path]);
  // Opening a single end blocks until the other is opened; opening for reading and writing does not.
  const bothFd = openSync(path, "r+");
  const readFd = openSync(path, "r");
  const writeFd = openSync(path, "w");
  closeSync(bothFd);
  rmSync(directory, { recursive: true });
  return { readFd, writeFd };
}

async function endOf(run: Run): Promise<void> {
  await stop(run, STOP_LIMIT_MS, "SIGTERM", "leader");
  await run.reap();
}

/** The environment of a typical deployment; the database is only set for workloads that need it. */
const surroundings = { NODE_ENV: "production", DATABASE_URL: undefined };
