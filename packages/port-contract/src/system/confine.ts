// Runs a command unprivileged: as another user, with only /tmp writable.
import { spawnSync } from "node:child_process";
import { InconclusiveError } from "../clause";

/** A command, wrapped so that it has fewer privileges. */
export interface Confinement {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** The restrictions, for the report. */
  readonly how: string;
}

/** A command prefix, and the restrictions that it applies. */
interface Wrapper {
  readonly prefix: readonly [string, ...string[]];
  readonly how: string;
}

const nobody = "65534";

// Only a mount point can be remounted, so /tmp and the working directory are first bound onto themselves. --rbind keeps
// the mounts below them, since an unprivileged user must not reveal what those hide.
const readOnlyRoot =
  'mount --rbind /tmp /tmp && mount --rbind "$PWD" "$PWD" && mount -o remount,bind,ro / && ' +
  'mount -o remount,bind,ro "$PWD" && cd "$PWD" && exec "$@"';
const withReadOnlyRoot = ["sh", "-c", readOnlyRoot, "sh"] as const;

const asNobody: Wrapper = {
  prefix: ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"],
  how: "non-root",
};
// The only capability left: read any file and enter any directory.
const capabilities = "-all,+dac_read_search";
const asNobodyWithRead: Wrapper = {
  prefix: [
    ...asNobody.prefix,
    ...["inh-caps", "ambient-caps", "bounding-set"].map((set) => `--${set}=${capabilities}`),
  ],
  how: "non-root (with CAP_DAC_READ_SEARCH, as the folder is private)",
};

/** For root, the strictest first: the capability is only granted if the working directory is private. */
const wrappersForRoot: readonly Wrapper[] = [asNobody, asNobodyWithRead].flatMap(
  ({ prefix, how }) => [
    { prefix: ["unshare", "--mount", ...withReadOnlyRoot, ...prefix], how: `${how}, / read-only` },
    { prefix, how: `${how}, / writable only by root` },
  ],
);
const wrappersForUsers: readonly Wrapper[] = [
  {
    prefix: ["unshare", "--mount", "--user", "--map-root-user", ...withReadOnlyRoot],
    how: "non-root, / read-only",
  },
];

const needs = "needs Linux with root or user namespaces to drop privileges";
let usable: Wrapper | undefined;

/**
 * Wraps a command as strictly as this system allows.
 *
 * @throws InconclusiveError when the system allows no restriction, or the restricted command could not read its folder
 */
export function confined(argv: readonly string[]): Confinement {
  if (process.platform !== "linux") throw new InconclusiveError(needs);
  const isRoot = process.getuid?.() === 0;
  usable ??= (isRoot ? wrappersForRoot : wrappersForUsers).find(isUsable);
  if (!usable)
    throw new InconclusiveError(isRoot ? `uid ${nobody} cannot read ${process.cwd()}` : needs);
  const env = { HOME: "/tmp", TMPDIR: "/tmp" };
  return { argv: [...usable.prefix, ...argv], env, how: usable.how };
}

/** Whether a wrapped command runs, and can read the working directory and this Node binary. */
function isUsable({ prefix: [program, ...args] }: Wrapper): boolean {
  // By absolute path, because a process that is already in the folder needs no permission to enter it. Not by access(2),
  // as test(1) does: that checks the real user id and ignores capabilities.
  const look = [process.execPath, "-e", "fs.readdirSync(process.argv[1])", process.cwd()];
  return spawnSync(program, [...args, ...look], { stdio: "ignore" }).status === 0;
}
