// A contender as a process of its own, from its start to its end.
import type { ChildProcess } from "node:child_process";
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { start, stop } from "./children";
import type { Contender } from "./contenders";
import { onCore } from "./cores";

/** How a contender is started. */
export interface ServerOptions {
  /** The Node that runs it. */
  node: string;
  env?: Readonly<Record<string, string>> | undefined;
  /** `kept` lines come to this process; `drained` ones go through a real pipe to one that only counts them. */
  log: "kept" | "drained";
}

/** A contender that accepts connections. */
export interface Server {
  pid: number;
  port: number;
  /** All lines of a kept log so far. */
  lines: readonly string[];
  /** Resolves with the port of the next process that a watcher starts. */
  nextPort: () => Promise<number>;
  /** Ends it and resolves with how many lines it has logged. */
  stop: () => Promise<number>;
}

/** How long a contender may take to listen, in milliseconds. */
const START_TIMEOUT_MS = 20_000;

/**
 * Starts a contender and resolves when it listens.
 * @throws Error with what it printed, when it does not.
 */
export function startServer(contender: Contender, options: ServerOptions): Promise<Server> {
  return startCommand([options.node, contender.script], {
    ...options,
    env: { ...contender.env, ...options.env },
  });
}

/** Starts a command that logs the port it listens on, and resolves when it does. */
export async function startCommand(
  command: readonly string[],
  { env, log }: ServerOptions,
): Promise<Server> {
  const { server, output } = (log === "kept" ? spawnKept : spawnDrained)(command, {
    ...process.env,
    ...env,
  });
  const lines: string[] = [];
  const ports = createPortQueue();
  const reader = createInterface({ input: output }).on("line", (line) => {
    lines.push(line);
    const port = /"port":(\d+)/.exec(line)?.[1];
    if (port) ports.add(Number(port));
  });
  server.once("exit", () => ports.fail(new Error(`${command.join(" ")} has ended`)));
  const closed = new Promise((resolve) => reader.once("close", resolve));
  return {
    port: await ports.next(),
    pid: server.pid ?? Number.NaN,
    lines,
    nextPort: ports.next,
    async stop() {
      await stop(server);
      await closed;
      return log === "kept" ? lines.length : countOf(lines.at(-1));
    },
  };
}

interface Spawned {
  server: ChildProcess;
  output: Readable;
}

function spawnKept(command: readonly string[], env: NodeJS.ProcessEnv): Spawned {
  const server = start(onCore("server", command), { env, stdio: ["ignore", "pipe", "inherit"] });
  return { server, output: server.stdout as Readable };
}

/** Node's own "pipe" is a socket: this is the pipe that a shell or a container runtime makes. */
function spawnDrained(command: readonly string[], env: NodeJS.ProcessEnv): Spawned {
  const { readFd, writeFd } = openPipe();
  const drain = start(onCore("load", [process.execPath, join(__dirname, "log-drain.js")]), {
    stdio: [readFd, "pipe", "inherit"],
  });
  const server = start(onCore("server", command), { env, stdio: ["ignore", writeFd, "inherit"] });
  // The pipe ends for its reader when its only writer, the server, has ended.
  closeSync(readFd);
  closeSync(writeFd);
  return { server, output: drain.stdout as Readable };
}

function openPipe(): { readFd: number; writeFd: number } {
  const directory = mkdtempSync(join(tmpdir(), "berth-bench-"));
  const path = join(directory, "log");
  execFileSync("mkfifo", [path]);
  // Opening one end waits for the other, opening both at once does not.
  const bothFd = openSync(path, "r+");
  const readFd = openSync(path, "r");
  const writeFd = openSync(path, "w");
  closeSync(bothFd);
  rmSync(directory, { recursive: true });
  return { readFd, writeFd };
}

const countOf = (line = "{}"): number => (JSON.parse(line) as { lines?: number }).lines ?? 0;

function createPortQueue() {
  const ports: number[] = [];
  let waiting: { resolve: (port: number) => void; reject: (err: Error) => void } | undefined;
  return {
    add(port: number): void {
      if (waiting) waiting.resolve(port);
      else ports.push(port);
      waiting = undefined;
    },
    fail: (err: Error): void => waiting?.reject(err),
    next: (): Promise<number> =>
      new Promise((resolve, reject) => {
        const port = ports.shift();
        if (port !== undefined) return resolve(port);
        waiting = { resolve, reject };
        setTimeout(() => reject(new Error("no port was logged in time")), START_TIMEOUT_MS).unref();
      }),
  };
}
