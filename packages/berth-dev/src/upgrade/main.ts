// `berth upgrade`: fetches a newer version, renders the recorded one, and lets the newer one merge the difference.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseCommandLine, UsageError } from "port-contract/args";
import { UNDO } from "../scaffold/merge";
import { folderOf } from "../scaffold/render";
import {
  isVendored,
  ownVersion,
  readManifest,
  render,
  requireRecorded,
  requireUndoable,
  withWorkFolder,
} from "../scaffold/service";
import { fetchRelease, findRelease, type Release } from "./releases";
import { recordedTarball } from "./packages";
import { fileNameOf, unpackSources } from "./tarballs";
import { compareVersions } from "./versions";

const usage = `Usage: berth upgrade [--check | --diff | --dry-run] [--no-install] [VERSION | PATH | URL]

Upgrades Berth's packages, and merges the template's changes since the recorded version into the service's files, as git
merges a branch. Requires git and no uncommitted changes; \`${UNDO}\` undoes it.

  VERSION       a version in npm's registry, if the packages come from there (default: the newest)
  PATH          a clone of Berth, a folder with the tarballs of its packages, or berth-dev's tarball in such a folder
  URL           the URL of that tarball, or of a page that lists such a folder

  --check       exit with 1 if there is a newer version, and change nothing
  --diff        print the changes of the packages' sources, and change nothing
  --dry-run     print what would change, and change nothing
  --no-install  do not run npm install`;

export async function upgrade(root: string, args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommandLine(args, {
    help: { type: "boolean", short: "h" },
    check: { type: "boolean", default: false },
    diff: { type: "boolean", default: false },
    "dry-run": { type: "boolean", default: false },
    "no-install": { type: "boolean", default: false },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const [source, ...others] = positionals;
  if (others.length > 0) throw new UsageError("expected at most one VERSION, PATH or URL");
  const manifest = readManifest(root);
  requireRecorded(manifest);
  const isReadOnly = values.check || values.diff || values["dry-run"];
  requireUndoable(root, isReadOnly);
  const release = await findRelease(root, source, isVendored(manifest));
  if (values.check) return check(release);
  requireNewer(release);
  return withWorkFolder(root, async (work) => {
    const versions = await fetchRelease(release, work);
    if (values.diff) return diff(root, work, Object.entries(versions));
    const base = await render(work, "base", manifest);
    for (const name of manifest.berth.ejected ?? []) {
      unpackSources(recordedTarball(root, work, name), join(base, folderOf(name)), name);
    }
    // The newer version's own code does the rest: its rules of rendering and its codemods.
    const command = [join(work, "node_modules/berth-dev/bin/berth.js"), "apply-upgrade", work];
    const flags = args.filter((arg) => ["--dry-run", "--no-install"].includes(arg));
    const { status } = spawnSync(process.execPath, [...command, ...flags], {
      cwd: root,
      stdio: "inherit",
    });
    if (status === null) {
      console.error(`The upgrade was interrupted: \`${UNDO}\` restores the service.`);
    }
    return status ?? 1;
  });
}

function check({ version }: Release): number {
  const isNewer = compareVersions(version, ownVersion) > 0;
  console.log(
    isNewer
      ? `Berth ${version} is newer than the service's ${ownVersion}: npm run upgrade`
      : `The service has Berth ${ownVersion}; the newest version is ${version}.`,
  );
  return isNewer ? 1 : 0;
}

function requireNewer({ version }: Release): void {
  const order = compareVersions(version, ownVersion);
  if (order > 0) return;
  throw new UsageError(
    order === 0
      ? `the service already has version ${version}: there is nothing to upgrade`
      : `version ${version} is older than the service's ${ownVersion}: name a newer one, or revert the commit of the upgrade`,
  );
}

/** Prints the differences of the packages' sources. */
function diff(root: string, work: string, versions: readonly [string, string][]): number {
  const folder = join(work, "old");
  mkdirSync(folder);
  for (const [name, version] of versions) {
    const specs = [
      recordedTarball(root, work, name),
      join(work, "vendor", fileNameOf(name, version)),
    ];
    const { status } = spawnSync(
      "npm",
      ["diff", ...specs.map((spec) => `--diff=file:${spec}`), "./src", "./package.json"],
      { cwd: folder, stdio: "inherit" },
    );
    if (status !== 0) return 1;
  }
  return 0;
}
