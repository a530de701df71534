// Processes that tests start and talk to from outside.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import type { LogLine } from "./app";
import { emptyFolder } from "./empty-folder";
import { inTime } from "./waits";

/** A process, what it has printed so far, and how it ends. */
export interface TestProcess {
  child: ChildProcess;
  /** Every line of standard output so far. */
  lines: string[];
  /** Everything on standard error so far. */
  stderr: () => string;
  /** Resolves with the first line, past or future, that matches; rejects when the process ends without one, or hangs. */
  line(pattern: RegExp, limitMs?: number): Promise<string>;
  /** Resolves with the exit code, or the signal that ended it; rejects when it hangs. */
  readonly exit: Promise<number | NodeJS.Signals>;
  /** Ends it if it still runs. */
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.on("exit", () => running.forEach(killGroup));

/**
 * Starts a built program; its environment is only what is given, and its directory has no `.env` unless one is given.
 * @param script Relative to the working directory.
 */
export const startProcess = (
  script: string,
  env: Record<string, string>,
  args: string[] = [],
  directory = emptyFolder(),
): TestProcess => startCommand([process.execPath, ...args, resolve(script)], env, directory);

/**
 * Starts a program as it is written in TypeScript, which needs no build; otherwise as `startProcess` does.
 * @param script Relative to the working directory.
 */
export const startSource = (script: string, env: Record<string, string>): TestProcess =>
  startProcess(script, env, ["--require", require.resolve("berth-dev/typescript")]);

/**
 * Starts any command; it leads a process group of its own, as under a platform's runner.
 * @param directory By default the working directory.
 * @param passed A descriptor of this process that it gets as its descriptor 3.
 */
export function startCommand(
  command: string[],
  env: Record<string, string>,
  directory = process.cwd(),
  passed?: number,
): TestProcess {
  const [file = "", ...args] = command;
  const child = spawn(file, args, {
    cwd: directory,
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", "pipe", passed],
    detached: true,
  });
  running.add(child);
  const lines: string[] = [];
  let stderr = "";
  child.stderr!.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const output = createInterface({ input: child.stdout! });
  output.on("line", (line) => lines.push(line));
  const ended = once(child, "close").then(([code, signal]) => {
    running.delete(child);
    return (code ?? signal) as number | NodeJS.Signals;
  });
  const printed = (what: string) => `${command.join(" ")} ${what}:\n${lines.join("\n")}\n${stderr}`;

  const line = (pattern: RegExp, limitMs?: number) => {
    const found = new Promise<string>((resolve, reject) => {
      const seen = lines.find((text) => pattern.test(text));
      if (seen !== undefined) return resolve(seen);
      output.on("line", (text) => pattern.test(text) && resolve(text));
      void ended.then((code) => reject(new Error(printed(`ended (${code}) without ${pattern}`))));
    });
    return inTime(found, () => printed(`has not printed ${pattern}`), limitMs);
  };

  const stop = async () => {
    killGroup(child);
    await ended;
  };
  return {
    child,
    lines,
    stderr: () => stderr,
    line,
    get exit() {
      return inTime(ended, () => printed("has not ended"));
    },
    stop,
  };
}

/** Ends what is left of a group, its leader or not. */
function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing is left.
  }
}

/** Ends every process that still runs, for afterEach. */
export async function stopProcesses(): Promise<void> {
  await Promise.all([...running].map((child) => (killGroup(child), once(child, "close"))));
}

/** Resolves with the port once the web process listens. */
export async function untilListening(server: TestProcess): Promise<number> {
  const { port } = JSON.parse(await server.line(/is listening on port/)) as { port: number };
  return port;
}

/** A web process that accepts connections. */
export interface TestServer extends TestProcess {
  port: number;
  url: string;
  /** The parsed log so far. */
  log(): LogLine[];
}

/** Resolves once the web process listens. */
export async function asServer(server: TestProcess): Promise<TestServer> {
  const port = await untilListening(server);
  return Object.assign(server, {
    port,
    url: `http://127.0.0.1:${port}`,
    log: () => server.lines.map((text) => JSON.parse(text) as LogLine),
  });
}

/** Fetches over a connection of its own, which ends with the answer: a drain gives one that is kept alive two seconds. */
export const fetchAlone = (url: string): Promise<Response> =>
  fetch(url, { headers: { Connection: "close" } });
