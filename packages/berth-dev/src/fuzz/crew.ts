// The processes that the fuzzer starts, and what they say.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

/** Processes that end together, and with this one. */
export function createCrew() {
  const errors = new Map<string, string>();
  const running = new Set<ChildProcess>();
  const killAll = () => running.forEach((child) => child.kill("SIGKILL"));
  process.on("exit", killAll);

  /** With no variables but these: a program reads the `.env` of its folder, and there is none in `dist`. */
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
        const { requestId, err } = logged(line);
        if (requestId !== undefined && err) errors.set(requestId, err.stack);
        if (lines.length < 50) lines.push(err?.message ?? line);
      });
    }
    return { child, ended, lines };
  }

  return {
    /** What was thrown in a request, as the log has it. */
    errorOf: (requestId: string) => errors.get(requestId),
    /** Resolves with what the pattern finds in a line of its output. */
    until(
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
    async toEnd(command: readonly string[], env: Record<string, string>): Promise<void> {
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

export type Crew = ReturnType<typeof createCrew>;

/** What is looked at of a line of the log. */
interface Logged {
  requestId?: string;
  err?: { message: string; stack: string };
}

function logged(line: string): Logged {
  try {
    return JSON.parse(line) as Logged;
  } catch {
    return {};
  }
}
