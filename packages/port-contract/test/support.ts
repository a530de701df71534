// Shared by the tests: the test server as a command, and functions that run clauses on it.
import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadClauses, selectClauses } from "../src/catalogue";
import type { Clause } from "../src/clause";
import { createQueue } from "../src/queue";
import { checkClauses, type ClauseResult } from "../src/check-clauses";
import { parseOptions } from "../src/options";
import type { Settings } from "../src/settings";
import { flaws } from "./servers/flaws";

/** Options for the test server's routes; with short limits, so that broken servers fail sooner. */
export const serverOptions = [
  ...["--boot", "20", "--grace", "4"],
  ...["--slow-path", "/slow", "--body-path", "/things"],
  ...["--upstream-env", "UPSTREAM_URL", "--upstream-path", "/upstream"],
];

const servers = join(__dirname, "servers");

// Shared by all checks of a test file: they mostly wait, but each starts processes, on as few as two cores.
const enqueue = createQueue(12);

/** The Procfile line that starts the test server with these flaws. */
export function serverLine(...names: readonly string[]): string {
  const words = [process.execPath, join(servers, "main.js"), ...names];
  const start = words.map((word) => `'${word}'`).join(" ");
  const line = names.map((name) => flaws[name]?.line).find((one) => one !== undefined);
  return line ? line(start) : `exec ${start}`;
}

/** The Procfile line of a test server that exits at an event such as `request 2`. */
export function mortalLine(moment: string): string {
  return `exec '${process.execPath}' '${join(servers, "mortal.js")}' ${moment}`;
}

/** Runs all or some clauses in this process, and resolves to their results. */
export function resultsOn(
  line: string,
  { options = serverOptions, only, ...settings }: Partial<Settings> & RunOptions = {},
): Promise<ClauseResult[]> {
  return results(selectClauses(loadClauses(), only), line, options, settings);
}

interface RunOptions {
  readonly options?: readonly string[];
  readonly only?: string;
}

/** Runs every clause separately, so that a failed one does not skip others. */
export async function resultsAlone(line: string): Promise<ClauseResult[]> {
  const alone = loadClauses().map((clause) => results([clause], line, serverOptions));
  return (await Promise.all(alone)).flat();
}

function results(
  clauses: readonly Clause[],
  line: string,
  options: readonly string[],
  settings: Partial<Settings> = {},
): Promise<ClauseResult[]> {
  const { about, command, probe } = parseOptions([...options, "--", line]);
  if (!command) throw new Error("no command");
  return checkClauses(clauses, { ...about, command, ...settings }, probe, { enqueue });
}

/** The failed clauses and their messages, so that a failing assertion explains itself. */
export function failures(results: readonly ClauseResult[]): Record<string, string> {
  return Object.fromEntries(
    results.flatMap(({ clause, outcome }) =>
      outcome.status === "fail" ? [[clause.id, outcome.seen]] : [],
    ),
  );
}

/** Creates a directory for the test servers' files, passed in SCRATCH, and removes it after the tests. */
export function provideScratch(): void {
  beforeAll(() => {
    process.env.SCRATCH = mkdtempSync(join(tmpdir(), "contract-"));
    chmodSync(process.env.SCRATCH, 0o777); // B8 runs them as another user.
  });
  afterAll(() => {
    rmSync(process.env.SCRATCH ?? "", { recursive: true, force: true });
    delete process.env.SCRATCH;
  });
}

/** The arguments with which Node runs the command. */
export const kit = [join(__dirname, "../bin/port-contract.js")];

/** Runs the command as a child process. */
export function contract(
  args: readonly string[],
  cwd = process.cwd(),
  env: Readonly<Record<string, string>> = {},
) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      [...kit, ...args],
      { cwd, env: { ...process.env, ...env } },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}
