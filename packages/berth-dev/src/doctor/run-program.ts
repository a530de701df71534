// Runs a program to its end, and returns its output.
import { execFile } from "node:child_process";

export interface Outcome {
  /** Undefined if it was not found, or did not exit by itself. */
  code: number | undefined;
  stdout: string;
  stderr: string;
}

interface RunOptions {
  cwd: string;
  env?: NodeJS.ProcessEnv;
  /** Kills the program when it is aborted. */
  signal: AbortSignal;
  /** What the program reads from stdin. */
  input?: string;
}

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Runs a program, and never rejects. */
export function runProgram(
  program: string,
  args: readonly string[],
  { input = "", ...options }: RunOptions,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      { ...options, encoding: "utf8", maxBuffer: MAX_OUTPUT_BYTES },
      (err, stdout, stderr) => {
        const code = err === null ? 0 : err.code;
        resolve({ code: typeof code === "number" ? code : undefined, stdout, stderr });
      },
    );
    // It may exit before it has read everything.
    child.stdin?.on("error", () => {}).end(input);
  });
}
