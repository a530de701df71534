// Runs git in the owner's repository.
import { spawnSync } from "node:child_process";
import { UsageError } from "port-contract/args";

export interface GitOptions {
  env?: Readonly<Record<string, string>>;
  input?: string;
  /** Exit codes that are not a failure, in addition to 0. */
  allowed?: readonly number[];
}

/** Runs git in a folder, and returns its output. @throws UsageError with git's message when git is missing or fails. */
export function git(
  cwd: string,
  args: readonly string[],
  { env = {}, input = "", allowed = [] }: GitOptions = {},
): string {
  const { status, error, stdout, stderr } = spawnSync("git", args, {
    cwd,
    input,
    encoding: "utf8",
    env: { ...process.env, ...env },
    maxBuffer: 2 ** 28,
  });
  if (status !== null && [0, ...allowed].includes(status)) return stdout;
  const reason = error?.message ?? stderr.trim().split("\n")[0];
  throw new UsageError(`git ${args.join(" ")} failed: ${reason}`);
}

/** The fields of an output separated by NUL. */
export const fieldsOf = (output: string): string[] => output.split("\0").filter(Boolean);
