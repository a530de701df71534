// Linux namespaces, in which a test may see a process as its platform would, where this machine allows them.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Runs the rest of a command line as process 1, or undefined where that is not allowed. */
export const asProcess1 = allowed([
  ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"],
  ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child"],
]);

/** Runs the rest of a command line, for root, where mounts are nobody else's, or undefined where that is not allowed. */
export const withOwnMounts =
  process.getuid?.() === 0 ? allowed([["unshare", "--mount"]]) : undefined;

function allowed(ways: string[][]): string[] | undefined {
  return ways.find(([file = "", ...args]) => spawnSync(file, [...args, "true"]).status === 0);
}

/** The process that another one has forked, by its id in this namespace. */
export const childOf = (pid = 0): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim());
