// Installs the service's packages: the lock file of a planned change, and npm install after it.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type MergePlan, UNDO, withFiles } from "../scaffold/merge";
import type { ServicePlan } from "../scaffold/plan";
import { runTool } from "../scaffold/render";

const LOCK = "package-lock.json";

/** Locks the dependencies of the merged files, if the service uses npm. @throws UsageError when npm fails. */
export function withLock(root: string, plan: ServicePlan): ServicePlan {
  if (!existsSync(join(plan.merged, LOCK))) return plan;
  const args = ["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"];
  runTool(
    plan.merged,
    "npm",
    [...args, "--prefer-offline", "--silent"],
    "npm cannot lock the dependencies: check the network, and `npm config get registry`",
  );
  return withFiles(root, plan, plan.merged, [LOCK]);
}

/**
 * Installs the dependencies, unless the owner wants to do that, and prints the next steps.
 * @returns The exit code.
 */
export function finish(
  root: string,
  plan: MergePlan & { isDocumented: boolean },
  { conflicts, install }: { conflicts: number; install: boolean },
): number {
  const canInstall = install && existsSync(join(root, LOCK)) && conflicts === 0;
  const isInstalled = canInstall && npmInstall(root);
  const next = [
    ...(isInstalled ? [] : ["npm install"]),
    ...(plan.isDocumented ? [] : ["npm run docs"]),
    "npm run check",
  ];
  const resolve = conflicts > 0 ? ", resolve the conflicts that `git status` lists" : "";
  console.log(`\nReview \`git diff HEAD\`${resolve}, then run: ${next.join(" && ")}`);
  console.log(`\`${UNDO} && npm install\` undoes it.`);
  return conflicts > 0 || isInstalled !== canInstall ? 1 : 0;
}

function npmInstall(root: string): boolean {
  console.log("\nnpm install");
  const { status } = spawnSync("npm", ["install", "--no-audit", "--no-fund"], {
    cwd: root,
    stdio: "inherit",
  });
  return status === 0;
}
