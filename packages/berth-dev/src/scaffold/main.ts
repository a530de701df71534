// `berth remove` and `berth add`: the parts of a service after `npm run init`.
import { parseCommandLine, UsageError } from "port-contract/args";
import { runCommand } from "./command";
import { UNDO } from "./merge";
import { isPart, PART_NAMES, type PartName, PARTS, withNeeds } from "./parts";
import { planChange } from "./plan";
import { change, readManifest, render, requireUndoable, withWorkFolder } from "./service";

export type Command = "add" | "remove";

const usage = `Usage: berth remove|add [--dry-run] PART…

Removes or adds parts of the service: their files, and their lines in files that come from the template. Your own changes are
merged. Requires git and no uncommitted changes; \`${UNDO}\` undoes it.

  --dry-run  print what would change, and change nothing

Parts:
${PART_NAMES.map((name) => `  ${name.padEnd(11)}${PARTS[name].about}`).join("\n")}`;

async function main(command: Command, root: string, args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommandLine(args, {
    help: { type: "boolean", short: "h" },
    "dry-run": { type: "boolean", default: false },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const manifest = readManifest(root);
  const { berth: record } = manifest;
  const parts = partsAfter(command, positionals, record.parts);
  requireUndoable(root, values["dry-run"]);
  return withWorkFolder(root, async (work) => {
    const base = await render(work, "base", manifest);
    const target = await render(work, "target", { ...manifest, berth: { ...record, parts } });
    const plan = await planChange({ root, work, base, target });
    const conflicts = change(root, work, plan, values["dry-run"]);
    if (command === "remove" && positionals.includes("sample")) console.log(SAMPLE_TABLES);
    if (values["dry-run"]) return 0;
    const next = ["npm install", ...(plan.isDocumented ? [] : ["npm run docs"]), "npm run check"];
    console.log(
      `Review \`git diff HEAD\`${conflicts.length > 0 ? ", resolve the conflicts" : ""}, then run: ${next.join(" && ")}\n\`${UNDO}\` undoes it.`,
    );
    return conflicts.length > 0 ? 1 : 0;
  });
}

/** For databases in which the sample's migrations have been applied. */
const SAMPLE_TABLES =
  "Databases keep the sample's tables. In development, run npm run db -- reset. Elsewhere the sample's migrations are already applied: keep them, and add one that drops the tables.";

/** @throws UsageError when a part is unknown, already present, or needed by another part. */
function partsAfter(
  command: Command,
  names: readonly string[],
  present: readonly PartName[],
): PartName[] {
  if (names.length === 0) throw new UsageError(`expected a PART: one of ${PART_NAMES.join(", ")}`);
  for (const name of names) {
    if (!isPart(name)) {
      throw new UsageError(
        `${JSON.stringify(name)} is not a part: expected one of ${PART_NAMES.join(", ")}`,
      );
    }
    if (present.includes(name) !== (command === "remove")) {
      throw new UsageError(
        `the service ${command === "remove" ? "does not have" : "already has"} the part ${name}`,
      );
    }
  }
  return withNeeds(
    PART_NAMES.filter((name) =>
      names.includes(name) ? command === "add" : present.includes(name),
    ),
  );
}

export const runScaffold = (command: Command): void =>
  runCommand(command, (root, args) => main(command, root, args));
