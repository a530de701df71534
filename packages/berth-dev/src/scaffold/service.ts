// The service whose files a command changes: its record of the template, and how a planned change is made.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "port-contract/args";
import { hasGit, requireClean } from "./files";
import type { Json } from "./manifest";
import { applyMerge, type Change, changesOf, type MergePlan, UNDO } from "./merge";
import { renderService, type ScaffoldRecord, type Versions } from "./render";
import { PACKED, unpackTemplate, versionsIn } from "./template";

/** The members of the service's manifest that matter here. */
export interface ServiceManifest {
  description: string;
  berth: ScaffoldRecord;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

/** @throws UsageError when the folder is not a service. */
export function readManifest(root: string): ServiceManifest {
  const path = join(root, "package.json");
  if (!existsSync(path))
    throw new UsageError(`${path} is missing: run this in the service's folder`);
  const manifest = JSON.parse(readFileSync(path, "utf8")) as Json & Partial<ServiceManifest>;
  const { berth, description = "", dependencies = {}, devDependencies = {} } = manifest;
  if (berth !== undefined) return { berth, description, dependencies, devDependencies };
  throw new UsageError(
    existsSync(join(root, "packages/berth-dev"))
      ? "this is a clone of Berth: npm run init -- NAME --without PART makes a service without a part"
      : `${path} has no "berth", where init records the service's parts: restore it from an earlier commit`,
  );
}

/** Whether Berth's packages are tarballs in its `vendor`. */
export const isVendored = ({
  dependencies,
  devDependencies,
}: Partial<Pick<ServiceManifest, "dependencies" | "devDependencies">>): boolean =>
  Object.values({ ...dependencies, ...devDependencies }).some((spec) =>
    spec.startsWith("file:vendor/"),
  );

/** A file that exists while a change is being made. */
const markOf = (root: string): string => join(root, "node_modules/.cache/berth/changing");

/** @throws UsageError when a change could not be undone. */
export function requireUndoable(root: string, isDryRun = false): void {
  if (!hasGit(root)) {
    throw new UsageError(
      `${root} is not a git repository, so the change could not be undone: run \`git init && git add -A && git commit\` first`,
    );
  }
  if (isDryRun) return;
  const mark = markOf(root);
  const wasInterrupted = existsSync(mark);
  requireClean(
    root,
    wasInterrupted
      ? ` if they are yours; otherwise an interrupted change has left them, and \`${UNDO}\` restores the service`
      : "",
  );
  rmSync(mark, { force: true });
}

/** Runs `work` with an empty folder below node_modules, from which renderings resolve packages, and removes the folder. */
export async function withWorkFolder<T>(
  root: string,
  work: (folder: string) => Promise<T> | T,
): Promise<T> {
  const cache = join(root, "node_modules/.cache/berth");
  removeAbandoned(cache);
  const folder = join(cache, `scaffold-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Removes the work folders of commands that were killed. */
function removeAbandoned(cache: string): void {
  if (!existsSync(cache)) return;
  for (const name of readdirSync(cache)) {
    const [, pid] = /^scaffold-(\d+)$/.exec(name) ?? [];
    if (pid !== undefined && !isRunning(Number(pid)))
      rmSync(join(cache, name), { recursive: true, force: true });
  }
}

/** Whether there is a process with this id. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (err) {
    // EPERM: it is running, as another user.
    return (err as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The version of this package. */
export const ownVersion = (
  JSON.parse(readFileSync(join(__dirname, "../../package.json"), "utf8")) as { version: string }
).version;

/** The versions of the packages that belong to this one. */
export const ownVersions = (): Versions => versionsIn(PACKED);

/** @throws UsageError when the service's files are of another version than this package. */
export function requireRecorded({ berth: { version } }: ServiceManifest): void {
  if (version === ownVersion) return;
  throw new UsageError(
    `"berth" in package.json records version ${version} of the template, but the installed berth-dev is ${ownVersion}: run npm install, or npm install berth-dev@${version}`,
  );
}

/**
 * Renders this version's template into `work/NAME`.
 * @throws UsageError when the record names another version, unless `isAnyVersion` allows that.
 */
export async function render(
  work: string,
  name: string,
  manifest: ServiceManifest,
  { isAnyVersion = false } = {},
): Promise<string> {
  const { berth, description } = manifest;
  const [template, folder] = [join(work, `${name}-template`), join(work, name)];
  mkdirSync(folder, { recursive: true });
  if (!isAnyVersion) requireRecorded(manifest);
  const versions = unpackTemplate(template);
  await renderService(
    template,
    folder,
    { ...berth, description, isVendored: isVendored(manifest) },
    versions,
  );
  return folder;
}

const describe = ({ file, kind, notes = [] }: Change): string =>
  [`${kind.padEnd(8)} ${file}`, ...notes.map((note) => `         ${note}`)].join("\n");

/** Prints the changes, and makes them unless it is a dry run. @returns The conflicts, which the owner must resolve. */
export function change(root: string, work: string, plan: MergePlan, isDryRun: boolean): Change[] {
  const changes = changesOf(root, plan);
  for (const each of changes) console.log(describe(each));
  if (!isDryRun) {
    const mark = markOf(root);
    writeFileSync(mark, "");
    try {
      applyMerge(root, work, plan);
    } finally {
      rmSync(mark);
    }
  }
  return changes.filter(({ kind }) => kind === "conflict");
}
