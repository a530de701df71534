// Installs the agents from their lock file into a cache.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FOLDER } from "./agents";

const LOCK = "package-lock.json";

/** Installs the agents unless the cache is up to date. Their install scripts only compile optional addons, so they are skipped. */
export function installAgents(): void {
  mkdirSync(FOLDER, { recursive: true });
  const isDone = isInstalled();
  for (const file of ["package.json", LOCK, "sentry.js"]) {
    copyFileSync(join(__dirname, file), join(FOLDER, file));
  }
  if (isDone) return;
  const options = ["--ignore-scripts", "--no-audit", "--no-fund"];
  execFileSync("npm", ["ci", ...options], { cwd: FOLDER, stdio: ["ignore", 2, 2] });
  copyFileSync(join(FOLDER, LOCK), join(FOLDER, "node_modules", LOCK));
}

/** The lock file is copied into node_modules after a complete installation. */
function isInstalled(): boolean {
  const installed = join(FOLDER, "node_modules", LOCK);
  return (
    existsSync(installed) &&
    readFileSync(installed, "utf8") === readFileSync(join(__dirname, LOCK), "utf8")
  );
}
