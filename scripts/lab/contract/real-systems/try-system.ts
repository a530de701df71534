// Runs the kit on one system, in a copy of its app, and reads the report.
import { execFile, execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Level, Outcome } from "../clause";
import type { System } from "./systems";

/** A system with what the kit says about it; `clauses` as in the kit's --json. */
export interface Trial {
  readonly system: System;
  readonly version: string;
  readonly clauses: readonly ({ readonly id: string; readonly level: Level } & Outcome)[];
}

const root = join(__dirname, "../../../..");

// Debian's programs before others of the same name; a copy of the app still finds the project's packages.
const env = {
  ...process.env,
  PATH: `/usr/sbin:/usr/bin:${process.env.PATH}`,
  NODE_PATH: join(root, "node_modules"),
  TS_NODE_PROJECT: join(root, "tsconfig.json"),
};

/** Tries one system; takes about two minutes, most of it idle. */
export async function trySystem(system: System): Promise<Trial> {
  const cwd = mkdtempSync(join(tmpdir(), "system-"));
  const scratch = join(cwd, "scratch");
  if (system.app) cpSync(join(__dirname, "apps", system.app), cwd, { recursive: true });
  mkdirSync(scratch);
  // B8 runs it as another user, and ejabberdctl makes itself one.
  chmodSync(cwd, 0o755);
  chmodSync(scratch, 0o777);
  const shell = (command: string) =>
    execFileSync("sh", ["-c", command], { cwd, env, encoding: "utf8" }).trim();
  try {
    if (system.build) shell(system.build);
    const { clauses } = JSON.parse(await contract(system, cwd, scratch)) as Pick<Trial, "clauses">;
    return { system, version: shell(system.version), clauses };
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

/** The kit's report; its exit code only repeats what the report says. */
function contract({ line, options }: System, cwd: string, scratch: string): Promise<string> {
  const kit = [
    join(root, "node_modules/ts-node/register"),
    join(root, "scripts/lab/contract/main.ts"),
  ];
  const args = ["--require", ...kit, "--json", ...options, "--", line];
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      args,
      { cwd, env: { ...env, TMPDIR: scratch } },
      (error, stdout, stderr) => {
        if (stdout) resolve(stdout);
        else reject(new Error(stderr, { cause: error }));
      },
    );
  });
}
