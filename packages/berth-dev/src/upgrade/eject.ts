// `berth eject`: copies a package's sources into the service, so that its owner can change them.
import { join } from "node:path";
import { parseCommandLine, UsageError } from "port-contract/args";
import { UNDO } from "../scaffold/merge";
import { PACKAGE_NAMES } from "../scaffold/parts";
import { planChange } from "../scaffold/plan";
import { folderOf } from "../scaffold/render";
import {
  change,
  readManifest,
  render,
  requireRecorded,
  requireUndoable,
  type ServiceManifest,
  withWorkFolder,
} from "../scaffold/service";
import { finish, withLock } from "./install";
import { recordedTarball, useOwnRange } from "./packages";
import { unpackSources } from "./tarballs";

const usage = `Usage: berth eject [--dry-run] [--no-install] PACKAGE

Copies the sources of one of Berth's packages to packages/PACKAGE, and makes the service use them: change them there. \`berth
upgrade\` merges newer versions into them. Requires git and no uncommitted changes; \`${UNDO}\` undoes it.

  PACKAGE       ${PACKAGE_NAMES.join(", ")}

  --dry-run     print what would change, and change nothing
  --no-install  do not run npm install`;

export async function eject(root: string, args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommandLine(args, {
    help: { type: "boolean", short: "h" },
    "dry-run": { type: "boolean", default: false },
    "no-install": { type: "boolean", default: false },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const manifest = readManifest(root);
  const name = parseName(positionals, manifest);
  requireRecorded(manifest);
  const isDryRun = values["dry-run"];
  requireUndoable(root, isDryRun);
  const { berth: record } = manifest;
  const ejected = [...(record.ejected ?? []), name].sort();
  return withWorkFolder(root, async (work) => {
    const base = await render(work, "base", manifest);
    const target = await render(work, "target", { ...manifest, berth: { ...record, ejected } });
    for (const folder of [base, target]) useOwnRange(folder, manifest);
    unpackSources(recordedTarball(root, work, name), join(target, folderOf(name)), name);
    const plan = await planChange({ root, work, base, target });
    const locked = isDryRun ? plan : withLock(root, plan);
    const conflicts = change(root, work, locked, isDryRun).length;
    if (isDryRun) return 0;
    return finish(root, locked, { conflicts, install: !values["no-install"] });
  });
}

/** @throws UsageError unless the arguments name one package that the service uses and has not ejected. */
function parseName([name = "", ...others]: string[], manifest: ServiceManifest): string {
  if (others.length > 0 || !PACKAGE_NAMES.includes(name)) {
    throw new UsageError(`expected one PACKAGE of ${PACKAGE_NAMES.join(", ")}`);
  }
  if (manifest.berth.ejected?.includes(name)) {
    throw new UsageError(`${name} is already in ${folderOf(name)}: change it there`);
  }
  if (name in manifest.dependencies || name in manifest.devDependencies) return name;
  throw new UsageError(`the service does not use ${name}: npm run add adds the part that needs it`);
}
