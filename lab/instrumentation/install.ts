// Installs the agents, by their lock file, where nothing else finds them.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FOLDER } from "./agents";

const LOCK = "package-lock.json";

/** Installs them unless those of this lock file are there. Their install scripts only compile what they can do without. */
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

/** A copy of the lock file in node_modules says that the installation came to its end. */
function isInstalled(): boolean {
  const installed = join(FOLDER, "node_modules", LOCK);
  return (
    existsSync(installed) &&
    readFileSync(installed, "utf8") === readFileSync(join(__dirname, LOCK), "utf8")
  );
}
