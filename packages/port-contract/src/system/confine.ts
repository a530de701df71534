// Takes a command's rights away: another user, and a file system in which only /tmp can be written.
import { spawnSync } from "node:child_process";
import { CannotJudge } from "../clause";

/** A command wrapped so that it has fewer rights. */
export interface Confinement {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** What was taken away, for the report. */
  readonly how: string;
}

/** What stands before a command, and what that takes from it. */
interface Way {
  readonly prefix: readonly [string, ...string[]];
  readonly how: string;
}

const nobody = "65534";

// Remounting needs a mount point, so the two places that differ from / are first bound onto themselves, with whatever is
// mounted below: a user may not uncover what that hides.
const readOnlyRoot =
  'mount --rbind /tmp /tmp && mount --rbind "$PWD" "$PWD" && mount -o remount,bind,ro / && ' +
  'mount -o remount,bind,ro "$PWD" && cd "$PWD" && exec "$@"';
const withReadOnlyRoot = ["sh", "-c", readOnlyRoot, "sh"] as const;

const asNobody: Way = {
  prefix: ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"],
  how: "non-root",
};
// Reading, and entering folders, is the only right of root's that is left.
const oneRight = "-all,+dac_read_search";
const asNobodyWhoReads: Way = {
  prefix: [
    ...asNobody.prefix,
    ...["inh-caps", "ambient-caps", "bounding-set"].map((set) => `--${set}=${oneRight}`),
  ],
  how: "non-root (let into a folder that is its owner's alone)",
};

/** The ways for root, the tightest first: a name that reads what it may not is only for folders that are closed to it. */
const waysOfRoot: readonly Way[] = [asNobody, asNobodyWhoReads].flatMap(({ prefix, how }) => [
  { prefix: ["unshare", "--mount", ...withReadOnlyRoot, ...prefix], how: `${how}, / read-only` },
  { prefix, how: `${how}, / writable only by root` },
]);
const waysOfUsers: readonly Way[] = [
  {
    prefix: ["unshare", "--mount", "--user", "--map-root-user", ...withReadOnlyRoot],
    how: "non-root, / read-only",
  },
];

const needs = "needs Linux, and root or user namespaces, to take rights away";
let usable: Way | undefined;

/**
 * Wraps a command as tightly as this system allows.
 *
 * @throws CannotJudge where it allows nothing, or where the command could not even be read then
 */
export function confined(argv: readonly string[]): Confinement {
  if (process.platform !== "linux") throw new CannotJudge(needs);
  const isRoot = process.getuid?.() === 0;
  usable ??= (isRoot ? waysOfRoot : waysOfUsers).find(isUsable);
  if (!usable)
    throw new CannotJudge(isRoot ? `uid ${nobody} may not look into ${process.cwd()}` : needs);
  const env = { HOME: "/tmp", TMPDIR: "/tmp" };
  return { argv: [...usable.prefix, ...argv], env, how: usable.how };
}

/** Whether a command would run that way, and could read the working directory and this very Node. */
function isUsable({ prefix: [program, ...args] }: Way): boolean {
  // By its whole path, as whoever is there already needs no right to go there; and not by access(2), as test(1) does it,
  // which asks what the user may and not what the process may.
  const look = [process.execPath, "-e", "fs.readdirSync(process.argv[1])", process.cwd()];
  return spawnSync(program, [...args, ...look], { stdio: "ignore" }).status === 0;
}
