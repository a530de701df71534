// The command `port-contract`: checks a program that binds PORT against the port contract.
import { writeFileSync } from "node:fs";
import { loadClauses, selectClauses } from "./catalogue";
import type { Clause } from "./clause";
import { reapOnExit } from "./harness/reaper";
import { checkClauses, type ClauseResult } from "./check-clauses";
import { hasColors } from "./colors";
import { asJunit } from "./junit";
import { type Options, parseOptions } from "./options";
import { createProgress } from "./progress";
import { createQueue } from "./queue";
import { asJson, explain, keepsContract, row, summary } from "./report";
import type { Settings } from "./settings";
import { usage } from "./usage";
import { UsageError } from "./args";

/** A program that was prepared for the check. */
export interface Prepared extends Required<Pick<Settings, "command" | "env">> {
  /** Command-line options for this program; options given on the command line override them. */
  readonly options: readonly string[];
  /** Stops what was started for it, such as a database. */
  readonly detach: () => Promise<void>;
}

/**
 * Runs the kit with these command-line arguments. Resolves to the exit code: 0 if the contract is kept, 1 if a MUST
 * failed, 2 on a usage error, 3 if the kit itself failed, as by a bug, or because it cannot start processes.
 * @param prepare Prepares the program to check if the command line names none.
 */
export async function runContract(
  args: readonly string[],
  prepare?: () => Promise<Prepared>,
): Promise<number> {
  try {
    return await run(args, prepare);
  } catch (error) {
    const isUsage = error instanceof UsageError;
    console.error(isUsage ? error.message : error);
    return isUsage ? 2 : 3;
  }
}

async function run(
  args: readonly string[],
  prepare: (() => Promise<Prepared>) | undefined,
): Promise<number> {
  const options = parseOptions(args);
  if (options.help) {
    console.log(usage);
    return 0;
  }
  reapOnExit();
  const clauses = selectClauses(loadClauses(), options.only);
  const { about, command } = options;
  if (command) return check(clauses, options, { ...about, command });
  if (!prepare) throw new UsageError("give a COMMAND after --");
  const { detach, options: known, ...service } = await prepare();
  try {
    const { about, ...own } = parseOptions([...known, ...args]);
    return await check(clauses, own, { ...about, ...service });
  } finally {
    await detach();
  }
}

async function check(
  clauses: readonly Clause[],
  { json, junit, jobs, probe }: Pick<Options, "json" | "junit" | "jobs" | "probe">,
  settings: Settings,
): Promise<number> {
  // Known now, not after a minute.
  if (junit !== undefined) writeReport(junit, "");
  const progress = createProgress(process.stderr, clauses.length);
  const coloured = hasColors(process.stdout.isTTY, process.env);
  const onResult = (result: ClauseResult) => {
    if (json) return;
    progress.clear();
    console.log(row(result, coloured));
  };
  const times = new Map<string, number>();
  const results = await checkClauses(clauses, settings, probe, {
    enqueue: createQueue(jobs),
    onBegin: (clause) => {
      times.set(clause.id, performance.now());
      progress.begin(clause);
    },
    onEnd: (clause) => {
      times.set(clause.id, performance.now() - (times.get(clause.id) ?? 0));
      progress.end(clause);
    },
    onResult,
  });
  progress.clear();
  if (junit !== undefined) {
    const timed = results.map((result) => ({ ...result, ms: times.get(result.clause.id) ?? 0 }));
    writeReport(junit, asJunit(timed, settings));
  }
  console.log(json ? asJson(results, settings) : conclusion(results, settings));
  return keepsContract(results) ? 0 : 1;
}

/** @throws UsageError when the file cannot be written. */
function writeReport(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new UsageError(`--junit: ${(error as Error).message}`);
  }
}

function conclusion(results: readonly ClauseResult[], settings: Settings): string {
  const failures = results.filter(({ outcome }) => outcome.status === "fail");
  return ["", ...failures.map((one) => `${explain(one)}\n`), summary(results, settings)].join("\n");
}
