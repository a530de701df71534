// Checks the names of migrations, and which of them the development database has.
import { join } from "node:path";
import { listMigrations } from "../../db/migration-files";
import type { Finding } from "../check";
import type { Context } from "../context";

export async function checkMigrations(context: Context): Promise<Finding[]> {
  const present = listMigrations(join(context.root, "src"));
  const state = await context.database();
  return [
    ...judgeNames(present),
    ...(state && "applied" in state ? judgeApplied([...new Set(present)], state.applied) : []),
  ];
}

/** @param names Sorted. */
export function judgeNames(names: readonly string[]): Finding[] {
  const timeOf = (name: string) => name.split("_")[0] ?? "";
  return names.flatMap((name, index): Finding[] => {
    const before = names[index - 1];
    if (before === undefined || timeOf(before) !== timeOf(name)) return [];
    if (before === name) {
      const message = `two features have a migration ${name}: a database applies only one of them`;
      return [{ level: "error", message, cure: "Rename one of them" }];
    }
    const message = `migrations ${before} and ${name} have the same time: only the rest of their names determines the order`;
    return [{ level: "warning", message, cure: "Give the later one a later time" }];
  });
}

/**
 * @param present The migrations that have a file, sorted.
 * @param applied The migrations in the database, in the order in which they were applied.
 */
export function judgeApplied(present: readonly string[], applied: readonly string[]): Finding[] {
  const pending = present.filter((name) => !applied.includes(name));
  const missing = applied.filter((name) => !present.includes(name));
  const findings: Finding[] = [];
  if (pending.length > 0) {
    findings.push({
      level: "warning",
      message: `the development database lacks ${pending.join(", ")}`,
      cure: "npm run db -- migrate; npm run dev applies them, too",
    });
  }
  const last =
    applied
      .filter((name) => present.includes(name))
      .sort()
      .at(-1) ?? "";
  const late = pending.filter((name) => name < last);
  if (late.length > 0) {
    findings.push({
      level: "warning",
      message: `${late.join(", ")} would be applied after ${last}, which comes later: a new database applies them in the other order`,
      cure: "Give them a later time, if they are not deployed yet",
    });
  }
  if (missing.length > 0) {
    findings.push({
      level: "warning",
      message: `the development database has migrations without a file: ${missing.join(", ")}`,
      cure: "Switch to the branch that has them, or npm run db -- reset, which deletes the data",
    });
  }
  const known = applied.filter((name) => present.includes(name));
  const swapped = known.find((name, index) => name < (known[index - 1] ?? ""));
  if (swapped !== undefined) {
    findings.push({
      level: "warning",
      message: `the development database has applied ${swapped} after ${known[known.indexOf(swapped) - 1]}: a new database applies them in the other order`,
      cure: "npm run db -- reset shows whether they still work; it deletes the data",
    });
  }
  return findings;
}
