// Checks one system against the port contract, in a copy of its app.
import { execFile, execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Level, Outcome } from "port-contract";
import type { System } from "./systems";

/** A system and its results; `clauses` as in the output of --json. */
export interface Trial {
  readonly system: System;
  readonly version: string;
  readonly clauses: readonly ({ readonly id: string; readonly level: Level } & Outcome)[];
}

const root = join(__dirname, "../..");

// Debian's programs first; NODE_PATH, so that a copy of the app finds the project's packages.
const env = {
  ...process.env,
  PATH: `/usr/sbin:/usr/bin:${process.env.PATH}`,
  NODE_PATH: join(root, "node_modules"),
};

/** Checks one system; takes about two minutes, mostly waiting. */
export async function trySystem(system: System): Promise<Trial> {
  if (!system.line) return tryOwn(system);
  const cwd = mkdtempSync(join(tmpdir(), "system-"));
  const scratch = join(cwd, "scratch");
  if (system.app) cpSync(join(__dirname, "apps", system.app), cwd, { recursive: true });
  mkdirSync(scratch);
  // Readable by other users: B8 runs the system as one, and so does ejabberdctl.
  chmodSync(cwd, 0o755);
  chmodSync(scratch, 0o777);
  try {
    if (system.build) shell(system.build, cwd);
    const clauses = await contract([...system.options, "--", system.line], cwd, {
      ...env,
      TMPDIR: scratch,
    });
    return { system, version: shell(system.version, cwd), clauses };
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

/** The service of this checkout is not copied: it is already built here. */
async function tryOwn(system: System): Promise<Trial> {
  const clauses = await contract(system.options, root, process.env);
  return { system, version: shell(system.version, root, process.env), clauses };
}

function shell(command: string, cwd: string, around: NodeJS.ProcessEnv = env): string {
  return execFileSync("sh", ["-c", command], { cwd, env: around, encoding: "utf8" }).trim();
}

/** Runs port-contract and parses its report; the exit code is redundant. */
function contract(
  options: readonly string[],
  cwd: string,
  around: NodeJS.ProcessEnv,
): Promise<Trial["clauses"]> {
  const args = [require.resolve("berth-dev/cli"), "contract", "--json", ...options];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd, env: around }, (error, stdout, stderr) => {
      if (stdout) resolve((JSON.parse(stdout) as Pick<Trial, "clauses">).clauses);
      else reject(new Error(stderr, { cause: error }));
    });
  });
}
