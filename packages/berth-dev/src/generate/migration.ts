// `berth new migration`: the same as `berth db new`.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "port-contract/args";
import { planMigration } from "../db/new-migration";
import { kebab, parseName, quoted } from "./names";
import { create, emptyPlan, type Plan, type Workspace } from "./plan";

/**
 * @param feature The feature that it belongs to. Default: the one in the name, or the service's only feature.
 * @throws UsageError when the name is invalid or taken, or the feature does not exist.
 */
export async function planNewMigration(
  workspace: Workspace,
  { name, feature }: { name: string; feature: string | undefined },
): Promise<Plan> {
  const { root, now } = workspace;
  const [title = "", inName, ...more] = name.split("/").reverse();
  const owner = feature ?? inName;
  if (more.length > 0 || (feature !== undefined && inName !== undefined)) {
    throw new UsageError(`${quoted(name)} is not a migration: write NAME --feature FEATURE`);
  }
  const present = featuresIn(root);
  const chosen = owner === undefined && present.length === 1 ? present[0] : owner;
  if (chosen === undefined || !present.includes(chosen)) {
    const which =
      present.length === 0
        ? "there is none yet: npx berth new feature"
        : `one of ${present.join(", ")}`;
    throw new UsageError(
      chosen === undefined
        ? `name the feature of the migration with --feature: ${which}`
        : `there is no feature ${quoted(chosen)}: expected ${which}`,
    );
  }
  const plan = emptyPlan(workspace, "write its SQL; npm run dev applies it when you save it");
  const { file, text } = planned(root, `${chosen}/${kebab(parseName(title))}`, now);
  await create(plan, join("src", file), text);
  return plan;
}

function planned(root: string, name: string, now: Date) {
  try {
    return planMigration(join(root, "src"), name, now);
  } catch (err) {
    throw new UsageError((err as Error).message, { cause: err });
  }
}

function featuresIn(root: string): string[] {
  const folder = join(root, "src/features");
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}
