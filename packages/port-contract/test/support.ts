// Shared by the kit's tests: the test server as a command, and a look at the kit's verdicts.
import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadClauses, selectClauses } from "../src/catalogue";
import type { Clause } from "../src/clause";
import { createQueue } from "../src/queue";
import { judge, type Verdict } from "../src/judge";
import { parseOptions } from "../src/options";
import type { Settings } from "../src/settings";
import { flaws } from "./servers/flaws";

/** The options that fit the test server's routes; short limits keep broken servers from taking long. */
export const serverOptions = [
  ...["--boot", "20", "--grace", "4"],
  ...["--slow-path", "/slow", "--body-path", "/things"],
  ...["--upstream-env", "UPSTREAM_URL", "--upstream-path", "/upstream"],
];

const servers = join(__dirname, "servers");

// All checks of a test file: most of their time is waiting, but each is a process or several, on as little as two cores.
const enqueue = createQueue(12);

/** The Procfile line that starts the test server, with these flaws or with none. */
export function serverLine(...names: readonly string[]): string {
  const words = [process.execPath, join(servers, "main.js"), ...names];
  const start = words.map((word) => `'${word}'`).join(" ");
  const line = names.map((name) => flaws[name]?.line).find((one) => one !== undefined);
  return line ? line(start) : `exec ${start}`;
}

/** The Procfile line that starts the test server with a sudden death before it, such as `request 2`. */
export function mortalLine(moment: string): string {
  return `exec '${process.execPath}' '${join(servers, "mortal.js")}' ${moment}`;
}

/** Runs the kit in this process, all clauses or some, and resolves to its verdicts. */
export function verdictsOn(
  line: string,
  { options = serverOptions, only, ...settings }: Partial<Settings> & RunOptions = {},
): Promise<Verdict[]> {
  return verdicts(selectClauses(loadClauses(), only), line, options, settings);
}

interface RunOptions {
  readonly options?: readonly string[];
  readonly only?: string;
}

/** Runs every clause on its own, so that a broken one hides no other. */
export async function verdictsAlone(line: string): Promise<Verdict[]> {
  const alone = loadClauses().map((clause) => verdicts([clause], line, serverOptions));
  return (await Promise.all(alone)).flat();
}

function verdicts(
  clauses: readonly Clause[],
  line: string,
  options: readonly string[],
  settings: Partial<Settings> = {},
): Promise<Verdict[]> {
  const { about, command, probe } = parseOptions([...options, "--", line]);
  if (!command) throw new Error("no command");
  return judge(clauses, { ...about, command, ...settings }, probe, { enqueue });
}

/** The clauses that failed, with what was seen, so that a wrong set explains itself. */
export function failures(verdicts: readonly Verdict[]): Record<string, string> {
  return Object.fromEntries(
    verdicts.flatMap(({ clause, outcome }) =>
      outcome.status === "fail" ? [[clause.id, outcome.seen]] : [],
    ),
  );
}

/** Gives the test servers a directory to leave files in, through the environment, and removes it afterwards. */
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

/** The arguments with which Node runs the kit. */
export const kit = [join(__dirname, "../bin/port-contract.js")];

/** Runs the kit as a process of its own. */
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
