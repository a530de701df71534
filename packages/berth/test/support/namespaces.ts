// Runs processes in Linux namespaces, if this machine allows it.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** A command prefix that runs the rest as PID 1; undefined if not allowed. */
export const asProcess1 = allowed([
  ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"],
  ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child"],
]);

/** A command prefix that runs the rest as root in a private mount namespace; undefined if not allowed. */
export const withOwnMounts =
  process.getuid?.() === 0 ? allowed([["unshare", "--mount"]]) : undefined;

function allowed(ways: string[][]): string[] | undefined {
  return ways.find(([file = "", ...args]) => spawnSync(file, [...args, "true"]).status === 0);
}

/** The id, in this namespace, of the process that another one has forked. */
export const childOf = (pid = 0): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim());
