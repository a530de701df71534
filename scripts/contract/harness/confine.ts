// Takes a command's rights away: another user, and a file system in which only /tmp can be written.
import { spawnSync } from "node:child_process";

/** A command wrapped so that it has fewer rights. */
export interface Confinement {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** What was taken away, for the report. */
  readonly how: string;
}

const nobody = "65534";

// Remounting needs a mount point, so the two places that differ from / are first bound onto themselves.
const readOnlyRoot =
  'mount --bind /tmp /tmp && mount --bind "$PWD" "$PWD" && mount -o remount,bind,ro / && ' +
  'mount -o remount,bind,ro "$PWD" && cd "$PWD"';
const asNobody = ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups", "--"];

/** Wraps a command as tightly as this system allows, or returns `undefined` where it allows nothing. */
export function confined(argv: readonly string[]): Confinement | undefined {
  if (process.platform !== "linux") return undefined;
  const env = { HOME: "/tmp", TMPDIR: "/tmp" };
  const isRoot = process.getuid?.() === 0;
  const drop = isRoot ? asNobody : [];
  const namespace = isRoot ? [] : ["--user", "--map-root-user"];
  const script = `${readOnlyRoot} && exec "$@"`;
  const wrap = (command: readonly string[]): readonly [string, ...string[]] =>
    ["unshare", "--mount", ...namespace, "sh", "-c", script, "sh", ...drop, ...command] as const;
  if (works(wrap(["true"]))) return { argv: wrap(argv), env, how: "non-root, / read-only" };
  const how = `uid ${nobody}, / writable only by root`;
  return isRoot ? { argv: ["setpriv", ...drop.slice(1), ...argv], env, how } : undefined;
}

function works([program, ...args]: readonly [string, ...string[]]): boolean {
  return spawnSync(program, args, { stdio: "ignore" }).status === 0;
}
