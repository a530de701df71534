// `berth new`: generates code for the owner, with its tests.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "port-contract/args";
import { formatted } from "../scaffold/tidy";
import { planFeature } from "./feature";
import { planMiddleware } from "./middleware";
import { planNewMigration } from "./migration";
import { type Options, readOptions, usage } from "./options";
import type { Plan, Workspace } from "./plan";
import { planProcess } from "./process";
import { planService } from "./service";
import { writePlan } from "./write";

function planOf(workspace: Workspace, options: Options): Promise<Plan> {
  switch (options.kind) {
    case "feature":
      return planFeature(workspace, options);
    case "middleware":
      return planMiddleware(workspace, options.name);
    case "migration":
      return planNewMigration(workspace, options);
    case "process":
      return planProcess(workspace, options);
    case "service":
      return planService(workspace, options.name);
  }
}

async function main(root: string, args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (!options) {
    console.log(usage);
    return 0;
  }
  requireService(root);
  const format = (file: string, text: string) => formatted(root, file, text);
  const plan = await planOf({ root, now: new Date(), format }, options);
  if (!options.isDryRun) writePlan(plan);
  for (const line of describe(plan, options.isDryRun)) console.log(line);
  if (options.isDryRun) return 0;
  const areDocumented = !plan.changesVariables || documentVariables(root);
  for (const line of plan.byHand) console.error(`by hand: ${line}`);
  console.log(`Next: ${plan.next}`);
  return plan.byHand.length > 0 || !areDocumented ? 1 : 0;
}

/** @throws UsageError when the folder is not a service. */
function requireService(root: string): void {
  const path = join(root, "package.json");
  const { dependencies = {} } = (
    existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {}
  ) as { dependencies?: Record<string, string> };
  if ("berth" in dependencies && existsSync(join(root, "src"))) return;
  throw new UsageError(`${root} is not a service built on berth: run this in the service's folder`);
}

/** One line per file, with its length or the line that was added. */
function describe({ created, changed, changesVariables }: Plan, isDryRun: boolean): string[] {
  const would = isDryRun ? "would be " : "";
  const lines = [...created].map(
    ([file, text]) => `${would}created  ${file} (${text.split("\n").length - 1} lines)`,
  );
  const total = [...created.values()].reduce((sum, text) => sum + text.split("\n").length - 1, 0);
  return [
    ...lines,
    ...[...changed].map(([file, { line }]) => `${would}changed  ${file}: ${line}`),
    ...(changesVariables && isDryRun ? ["would be changed  what npm run docs writes"] : []),
    `${created.size} new file${created.size === 1 ? "" : "s"} with ${total} lines`,
  ];
}

/** Runs `npm run docs`, because the variables have changed. @returns Whether that succeeded. */
function documentVariables(root: string): boolean {
  const { status } = spawnSync("npm", ["run", "--silent", "docs"], { cwd: root, stdio: "inherit" });
  if (status !== 0)
    console.error("by hand: npm run docs failed: correct what it reports, and run it again");
  else console.log("changed  .env.example and docs/configuration.md: npm run docs");
  return status === 0;
}

main(process.cwd(), process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (err: unknown) => {
    if (!(err instanceof UsageError)) throw err;
    console.error(`new: ${err.message}`);
    process.exitCode = 2;
  },
);
