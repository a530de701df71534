// Starts processes for black-box tests.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import type { LogLine } from "./app";
import { emptyFolder } from "./cleanup";
import { parseLogLine } from "../process/readable-line";
import { recorder } from "./recorder";
import { inTime } from "./waits";

/** A process, its output so far, and its exit. */
export interface TestProcess {
  child: ChildProcess;
  /** The lines of standard output so far. */
  lines: string[];
  /** The text of standard error so far. */
  stderr: () => string;
  /** Resolves with the first matching line, past or future; rejects if the process exits without one, or hangs. */
  line(pattern: RegExp, limitMs?: number): Promise<string>;
  /** Resolves with the exit code, or the signal that killed it; rejects if it hangs. */
  readonly exit: Promise<number | NodeJS.Signals>;
  /** Kills it if it still runs. */
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.on("exit", () => running.forEach(killGroup));

/**
 * Starts a compiled program with no other environment variables than these and PATH, by default in an empty directory.
 * @param script Relative to the working directory.
 */
export const startProcess = (
  script: string,
  env: Record<string, string>,
  args: string[] = [],
  directory = emptyFolder(),
): TestProcess => startCommand([process.execPath, ...args, resolve(script)], env, directory);

/**
 * Starts a TypeScript program without a build; otherwise like `startProcess`.
 * @param script Relative to the working directory.
 */
export const startSource = (script: string, env: Record<string, string>): TestProcess =>
  startProcess(script, env, ["--require", require.resolve("berth-dev/typescript")]);

/**
 * Starts a command in a process group of its own, as platforms do.
 * @param directory By default the working directory.
 * @param passed A descriptor of this process that the command inherits as descriptor 3.
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
  output.on("line", (line) => {
    lines.push(line);
    const logged = recorder() && parseLogLine(line);
    if (logged) recorder()?.logged(logged);
  });
  recorder()?.started({
    command: command.join(" "),
    isRunning: () => running.has(child),
    output: () => [...lines, ...stderr.split("\n")],
  });
  const ended = once(child, "close").then(([code, signal]) => {
    running.delete(child);
    return (code ?? signal) as number | NodeJS.Signals;
  });
  const withOutput = (what: string) =>
    `${command.join(" ")} ${what}:\n${lines.join("\n")}\n${stderr}`;

  const line = (pattern: RegExp, limitMs?: number) => {
    const found = new Promise<string>((resolve, reject) => {
      const seen = lines.find((text) => pattern.test(text));
      if (seen !== undefined) return resolve(seen);
      output.on("line", (text) => pattern.test(text) && resolve(text));
      void ended.then((code) =>
        reject(new Error(withOutput(`ended (${code}) without ${pattern}`))),
      );
    });
    return inTime(found, () => withOutput(`has not printed ${pattern}`), limitMs);
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
      return inTime(ended, () => withOutput("has not ended"));
    },
    stop,
  };
}

/** Kills a process group, even if its leader has exited. */
function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // The group is empty.
  }
}

/** Kills all processes that still run; for `afterEach`. */
export async function stopProcesses(): Promise<void> {
  await Promise.all([...running].map((child) => (killGroup(child), once(child, "close"))));
}

/** Resolves with the port once the process listens, whether its log is JSON or, in a terminal, text. */
export async function untilListening(server: TestProcess): Promise<number> {
  const line = await server.line(LISTENING);
  return Number(LISTENING.exec(line)?.[1]);
}

const LISTENING = /is listening on port (\d+)/;

/** A process that listens on a port. */
export interface TestServer extends TestProcess {
  port: number;
  url: string;
  /** The parsed log so far. */
  log(): LogLine[];
}

/** Resolves once the process listens. */
export async function asServer(server: TestProcess): Promise<TestServer> {
  const port = await untilListening(server);
  return Object.assign(server, {
    port,
    url: `http://127.0.0.1:${port}`,
    log: () => server.lines.map((text) => JSON.parse(text) as LogLine),
  });
}

/** Fetches without keep-alive: a drain would wait two seconds for an idle connection. */
export const fetchAlone = (url: string): Promise<Response> =>
  fetch(url, { headers: { Connection: "close" } });
