// A contender as a process of its own, from its start to its end.
import { closeSync } from "node:fs";
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
import { openPipe } from "./pipe";

/** How a contender is started. */
export interface ServerOptions {
  /** The Node that runs it. */
  node: string;
  env?: Readonly<Record<string, string>> | undefined;
  /** Whether it, and what counts its lines, may run on any core. */
  onAllCores?: boolean | undefined;
  /** `kept` lines come to this process; `drained` ones go through a real pipe to one that only counts them. */
  log: "kept" | "drained";
}

/** A contender that accepts connections. */
export interface Server extends Run {
  /** Where it says that it listens. */
  log: Output;
  /** Ends it and resolves with how many lines it has logged. */
  stop: () => Promise<number>;
}

/** How long a contender may take to end before it is killed, in milliseconds. */
const STOP_LIMIT_MS = 10_000;

/**
 * Starts a contender and resolves when it listens.
 * @throws Error with what it printed, when it does not.
 */
export function startContender(contender: Contender, options: ServerOptions): Promise<Server> {
  return startCommand([options.node, contender.script], {
    ...options,
    env: { ...contender.env, ...options.env },
  });
}

/** Starts a command that binds PORT and says so, and resolves when it does. */
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
 * Starts a server whose log a process of its own drains. Node's "pipe" is a socket: this is the pipe that a shell or a
 * container runtime makes, and a write to it costs what it costs in production.
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
  // The pipe ends for its reader when its only writer, the server, has ended.
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

async function endOf(run: Run): Promise<void> {
  await stop(run, STOP_LIMIT_MS, "SIGTERM", "leader");
  await run.reap();
}

/** What people deploy with; the database is only there for works that need it. */
const surroundings = { NODE_ENV: "production", DATABASE_URL: undefined };
