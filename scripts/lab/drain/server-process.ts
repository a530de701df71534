// A server under experiment as a process of its own: its port, what it accepted, and how it ended.
import { type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { start } from "../bench/children";
import { freePort } from "../contract/harness/free-port";

/** How long after SIGTERM a server cuts what is left, in milliseconds: Berth's own default. */
export const SHUTDOWN_TIMEOUT_MS = 8000;
/** How long a server may take to listen, in milliseconds. */
const START_TIMEOUT_MS = 20_000;
/** How long after its own deadline a server is killed, in milliseconds. */
const KILL_AFTER_MS = 4000;

/** How a server ended. */
export interface Exit {
  /** What a shell would say: the exit code, or the signal that killed it. */
  status: string;
  /** From SIGTERM to the end of the process, in milliseconds. */
  tookMs: number;
  /** Whether a process of its group is left. */
  hasOrphan: boolean;
}

/** A server that listens. */
export interface ServerProcess {
  pid: number;
  port: number;
  /** The ids of all requests that reached a handler, complete once the server has ended. */
  accepted: ReadonlySet<string>;
  /** Resolves with the next log line that matches. */
  nextLine(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends SIGTERM to the process alone, and resolves with its end, which is forced in the end. */
  terminate(): Promise<Exit>;
}

/**
 * Starts a server with the default environment but for the given variables, and resolves when it listens.
 * @throws Error when it does not.
 */
export async function startServer(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const port = await freePort();
  const surroundings = { PATH: process.env.PATH, PORT: String(port), ...env };
  const child = start(command, { env: surroundings, stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  const lines = createInterface({ input: child.stdout! });
  const accepted = new Set<string>();
  lines.on("line", (line) => {
    const id = /"requestId":"([^"]+)"/.exec(line)?.[1];
    if (id) accepted.add(id);
  });
  await nextLine(lines, /is listening on port/, AbortSignal.timeout(START_TIMEOUT_MS));
  return {
    pid: child.pid!,
    port,
    accepted,
    nextLine: (pattern) => nextLine(lines, pattern),
    terminate: () => terminate(child, closed),
  };
}

function nextLine(
  lines: Interface,
  pattern: RegExp,
  signal?: AbortSignal,
): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(new Error(`the server logged no line with ${pattern}`));
    signal?.addEventListener("abort", fail);
    lines.once("close", fail);
    lines.on("line", function look(line: string) {
      const match = pattern.exec(line);
      if (!match) return;
      lines.off("line", look).off("close", fail);
      resolve(match);
    });
  });
}

async function terminate(child: ChildProcess, closed: Promise<unknown>): Promise<Exit> {
  const startedAt = performance.now();
  let tookMs = Number.NaN;
  child.once("exit", () => (tookMs = performance.now() - startedAt));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), SHUTDOWN_TIMEOUT_MS + KILL_AFTER_MS);
  await closed;
  clearTimeout(timer);
  const status = String(child.exitCode ?? child.signalCode);
  return { status, tookMs, hasOrphan: isGroupAlive(child.pid!) };
}

function isGroupAlive(leader: number): boolean {
  try {
    return process.kill(-leader, 0);
  } catch {
    return false;
  }
}
