// Starts the processes that the fuzzer needs, and collects their output.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

/** Creates a group of processes that stop together, at the latest with this process. */
export function createProcesses() {
  const errors = new Map<string, string>();
  const running = new Set<ChildProcess>();
  const killAll = () => running.forEach((child) => child.kill("SIGKILL"));
  process.on("exit", killAll);

  /** Starts a program with these variables only: its working directory `dist` has no `.env`. */
  function start([file = "", ...args]: readonly string[], env: Record<string, string>) {
    const { PATH } = process.env;
    const child = spawn(file, args, {
      cwd: resolve("dist"),
      env: { PATH, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(child);
    const ended = once(child, "close").then(
      ([code]) => (running.delete(child), code as number | null),
    );
    const lines: string[] = [];
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on("line", (line) => {
        const { requestId, err } = parseLogLine(line);
        if (requestId !== undefined && err) errors.set(requestId, err.stack);
        if (lines.length < 50) lines.push(err?.message ?? line);
      });
    }
    return { child, ended, lines };
  }

  return {
    /** The stack of a request's error, from the log. */
    errorOf: (requestId: string) => errors.get(requestId),
    /**
     * Starts a program. Resolves to the pattern's first group once a line of its stdout matches.
     * @throws Error with its output when it exits before.
     */
    startUntil(
      pattern: RegExp,
      command: readonly string[],
      env: Record<string, string>,
    ): Promise<string> {
      const { child, ended, lines } = start(command, env);
      return new Promise((resolve, reject) => {
        createInterface({ input: child.stdout }).on("line", (line) => {
          const found = pattern.exec(line);
          if (found) resolve(found[1] ?? "");
        });
        void ended.then(() => reject(new Error(lines.join("\n"))));
      });
    },
    /** Runs a program to its end. @throws Error with its output when it fails. */
    async run(command: readonly string[], env: Record<string, string>): Promise<void> {
      const { ended, lines } = start(command, env);
      if ((await ended) !== 0) throw new Error(lines.join("\n"));
    },
    async stop(): Promise<void> {
      const ends = [...running].map((child) => once(child, "close"));
      killAll();
      await Promise.all(ends);
      process.off("exit", killAll);
    },
  };
}

export type Processes = ReturnType<typeof createProcesses>;

/** What is used of a log line. */
interface Logged {
  requestId?: string;
  err?: { message: string; stack: string };
}

function parseLogLine(line: string): Logged {
  try {
    return JSON.parse(line) as Logged;
  } catch {
    return {};
  }
}
