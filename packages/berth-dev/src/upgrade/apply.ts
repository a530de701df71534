// `berth apply-upgrade`: the part of an upgrade that the newer version carries out, from the folder that the older one prepared.
import { copyFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { planChange, type ServicePlan } from "../scaffold/plan";
import { withFiles } from "../scaffold/merge";
import { folderOf, tarballOf } from "../scaffold/render";
import { change, ownVersion, ownVersions, readManifest, render } from "../scaffold/service";
import { changesBetween } from "./changelog";
import { codemodsBetween, runCodemods, writeSources } from "./codemods";
import { finish, withLock } from "./install";
import { tarballsIn, useOwnRange } from "./packages";
import { unpackSources } from "./tarballs";

/**
 * Applies the upgrade. It runs before the newer dependencies are installed, so it may load only port-contract, TypeScript and
 * Prettier.
 * @param work Contains `base`, the rendering of the recorded version; `vendor`, the newer tarballs; and `node_modules` with their files.
 */
export async function applyUpgrade(
  root: string,
  [work = "", ...flags]: readonly string[],
): Promise<number> {
  const manifest = readManifest(root);
  const { version, ejected = [] } = manifest.berth;
  const versions = ownVersions();
  const base = join(work, "base");
  const target = await render(work, "target", manifest, { isAnyVersion: true });
  for (const name of ejected) {
    const tarball = join(work, tarballOf(name, versions));
    unpackSources(tarball, join(target, folderOf(name)), name);
  }
  for (const folder of [base, target]) useOwnRange(folder, manifest);

  // On both sides, so that the merge sees only the other changes.
  const codemods = codemodsBetween(version, ownVersion);
  writeSources(base, await runCodemods(base, codemods));
  const rewritten = await runCodemods(root, codemods);
  const isDryRun = flags.includes("--dry-run");
  let plan = await planChange({ root, work, base, target, rewritten });
  plan = withVendor(root, work, plan);
  if (!isDryRun) plan = withLock(root, plan);

  for (const name of Object.keys(versions)) printChangelog(work, name, version);
  for (const { about } of codemods) console.log(`codemod  ${about}`);
  const conflicts = change(root, work, plan, isDryRun).length;
  if (isDryRun) return 0;
  return finish(root, plan, { conflicts, install: !flags.includes("--no-install") });
}

/** Replaces the tarballs in the service's `vendor`, if it has any. */
function withVendor(root: string, work: string, plan: ServicePlan): ServicePlan {
  const folder = join(plan.merged, "vendor");
  const old = tarballsIn(folder);
  if (old.length === 0) return plan;
  for (const file of old) rmSync(join(folder, file));
  const files = tarballsIn(join(work, "vendor"));
  for (const file of files) copyFileSync(join(work, "vendor", file), join(folder, file));
  const all = [...new Set([...old, ...files])].map((file) => `vendor/${file}`);
  return withFiles(root, plan, plan.merged, all);
}

function printChangelog(work: string, name: string, from: string): void {
  const path = join(work, "node_modules", name, "CHANGELOG.md");
  const changes = existsSync(path)
    ? changesBetween(readFileSync(path, "utf8"), from, ownVersion)
    : "";
  if (changes !== "") console.log(`# ${name}\n\n${changes}\n`);
}
