// Renders the template as a service: under its name, with its parts, without Berth itself.
import { isUtf8 } from "node:buffer";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { UsageError } from "port-contract/args";
import { filesOf } from "./files";
import {
  BERTH,
  NAMED,
  PART_NAMES,
  type PartName,
  PARTS,
  REPLACED,
  VENDORED,
  WITH_PACKAGES,
} from "./parts";
import { withoutLinks, withoutParts, withoutProcesses, withReferences } from "./text";
import { formatted, withoutUnusedImports } from "./tidy";

/** The options of a rendering. */
export interface ServiceOptions {
  name: string;
  description: string;
  /** The parts that it includes. */
  parts: readonly PartName[];
  /** The packages whose sources are folders of the service, so that the owner can change them. */
  ejected?: readonly string[];
  /** Whether Berth's packages are tarballs in its `vendor`. Otherwise they come from the registry. */
  isVendored: boolean;
}

/** The versions of Berth's packages, by name. */
export type Versions = Readonly<Record<string, string>>;

/** What the service's `package.json` records about the template, so that a later command can render it again. */
export interface ScaffoldRecord {
  /** The version of the template: that of `berth-dev`. */
  version: string;
  /** The service's name when it was created: its owner may rename it later. */
  name: string;
  parts: readonly PartName[];
  /** The packages that `berth eject` has unpacked. */
  ejected?: readonly string[];
}

interface Manifest {
  name: string;
  version: string;
  description: string;
  scripts: Record<string, string>;
  workspaces?: string[];
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  /** Written by `init`. */
  berth: ScaffoldRecord;
}

/** The path of a package's tarball in a service. */
export const tarballOf = (name: string, versions: Versions): string =>
  `vendor/${name}-${versions[name]}.tgz`;

/** The path of an ejected package's sources in a service. */
export const folderOf = (name: string): string => `packages/${name}`;

/**
 * Writes a service's files, except its licence, lock file and packages; `documentVariables` completes them. Does not change the
 * template.
 * @param root The folder of the template.
 * @param folder Where to write. This folder or one above it must have the template's `node_modules`.
 * @throws UsageError when a file cannot be read.
 */
export async function renderService(
  root: string,
  folder: string,
  options: ServiceOptions,
  versions: Versions,
): Promise<void> {
  const leaving = PART_NAMES.filter((name) => !options.parts.includes(name));
  const isGone = goneOf(leaving);
  const files = filesOf(root).filter((file) => !isGone(file) && !SEPARATE.includes(file));
  for (const file of files) await writeFile(root, folder, file, options, leaving);

  const manifest = JSON.stringify(serviceManifest(root, options, leaving, versions));
  writeText(folder, "package.json", await formatted(root, "package.json", manifest));
  await writeReadme(root, folder, options, leaving);
  await writeBuild(root, folder, options.ejected ?? []);
}

/** Files that are not rendered one by one. */
const SEPARATE = ["README.md", "LICENSE", "package.json", "package-lock.json"];

async function writeFile(
  root: string,
  folder: string,
  file: string,
  options: ServiceOptions,
  leaving: readonly PartName[],
): Promise<void> {
  const { name } = options;
  const path = join(root, file);
  const to = NAMED.test(file) ? withName(file, name) : file;
  const target = join(folder, to);
  const text = readText(path);
  mkdirSync(dirname(target), { recursive: true });
  // A binary file.
  if (text === undefined) return cpSync(path, target);
  const changed = renderText(text, file, options, leaving);
  const used = changed !== text && file.endsWith(".ts") ? withoutUnusedImports(changed) : changed;
  writeFileSync(target, await formatted(root, to, used));
  chmodSync(target, statSync(path).mode);
}

/** The text of a file under the service's name, without the parts that are left out. */
export function renderText(
  text: string,
  file: string,
  { name, isVendored, ejected = [] }: Pick<ServiceOptions, "name" | "isVendored" | "ejected">,
  leaving: readonly PartName[],
): string {
  let changed = withoutParts(text, ["berth", ...leaving], file);
  if (/^Procfile/.test(file)) {
    changed = withoutProcesses(
      changed,
      leaving.flatMap((part) => PARTS[part].processes ?? []),
    );
  }
  for (const [pattern, replacement] of (ejected.length > 0 ? WITH_PACKAGES : REPLACED)[file] ??
    []) {
    changed = changed.replaceAll(pattern, replacement);
  }
  if (!isVendored) changed = changed.replaceAll(VENDOR_LINE, "");
  if (file.endsWith(".md")) {
    changed = withoutLinks(withoutRows(changed, leaving), file, goneOf(leaving));
  }
  return NAMED.test(file) ? withName(changed, name) : changed;
}

/** The lines of a Dockerfile and `.dockerignore` that name the tarballs. */
const VENDOR_LINE = /^(COPY vendor vendor|!vendor)\n/gm;

/** `berth` as the service's name, but not as a package, as in `berth/http`, `berth-dev` or `node_modules/berth`. */
const OWN_NAME = /(?<!node_modules\/)\bberth\b(?!-(?:dev|grpc|telemetry)\b|\/[a-z]+["'`])/g;

const withName = (text: string, name: string): string => text.replaceAll(OWN_NAME, () => name);

/** Removes table rows about removed scripts and packages. */
function withoutRows(text: string, leaving: readonly PartName[]): string {
  const scripts = goneScripts(leaving).map((name) => `npm run ${name}`);
  const packages = leaving.flatMap((name) => PARTS[name].packages ?? []);
  const subjects = [...scripts, ...packages].join("|");
  return text.replaceAll(new RegExp(`^\\| \`?(?:${subjects})[ \`].*\\n`, "gm"), "");
}

/** Returns a function that tells whether a path is removed. */
export function goneOf(leaving: readonly PartName[]): (path: string) => boolean {
  const gone = [...BERTH.paths, ...leaving.flatMap((name) => PARTS[name].paths ?? [])];
  return (path) => gone.some((each) => `${path}/`.startsWith(`${each}/`));
}

const goneScripts = (leaving: readonly PartName[]): string[] => [
  ...BERTH.scripts,
  ...leaving.flatMap((name) => PARTS[name].scripts ?? []),
];

/** The text of a file; undefined if it is binary. */
function readText(path: string): string | undefined {
  try {
    const bytes = readFileSync(path);
    return isUtf8(bytes) && !bytes.includes(0) ? bytes.toString() : undefined;
  } catch (err) {
    throw new UsageError(`${(err as Error).message}: make it readable; nothing has been changed`);
  }
}

function writeText(folder: string, file: string, text: string): void {
  writeFileSync(join(folder, file), text);
}

const sorted = <T>(record: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

function serviceManifest(
  root: string,
  { name, description, parts, isVendored, ejected = [] }: ServiceOptions,
  leaving: readonly PartName[],
  versions: Versions,
): Manifest {
  const path = join(root, "package.json");
  const { workspaces: _workspaces, ...manifest } = JSON.parse(
    readFileSync(path, "utf8"),
  ) as Manifest;
  const scripts: Record<string, string> = { ...manifest.scripts, ...BERTH.changedScripts };
  for (const script of goneScripts(leaving)) {
    if (ejected.length === 0 || !BUILD_SCRIPTS.includes(script)) delete scripts[script];
  }
  const packages = [...BERTH.packages, ...leaving.flatMap((part) => PARTS[part].packages ?? [])];
  const sourceOf = (each: string) => {
    if (ejected.includes(each)) return `file:${folderOf(each)}`;
    return isVendored ? `file:${tarballOf(each, versions)}` : (versions[each] ?? "");
  };
  const without = (of: Record<string, string>, own: readonly string[]) => {
    const all = { ...of, ...Object.fromEntries(own.map((each) => [each, sourceOf(each)])) };
    for (const each of packages) delete all[each];
    return sorted(all);
  };
  return {
    ...manifest,
    name,
    version: "0.1.0",
    description,
    scripts,
    dependencies: without(manifest.dependencies, VENDORED.dependencies),
    devDependencies: without(manifest.devDependencies, VENDORED.devDependencies),
    berth: {
      version: versions["berth-dev"] ?? "",
      name,
      parts,
      ...(ejected.length > 0 && { ejected }),
    },
  };
}

async function writeReadme(
  root: string,
  folder: string,
  { name, description, isVendored }: ServiceOptions,
  leaving: readonly PartName[],
): Promise<void> {
  const template = readFileSync(join(root, README), "utf8");
  const gone = [...leaving, isVendored ? "registry" : "vendor"];
  const text = withoutParts(template, gone, README)
    .replaceAll("NAME", () => name)
    .replaceAll("DESCRIPTION", () => description.replace(/\.$/, ""));
  writeText(folder, "README.md", await formatted(root, "README.md", text));
}

/** The text of the service's README. */
export const README = "scripts/init/service-readme.md";

/** The scripts that compile the packages. */
const BUILD_SCRIPTS: readonly string[] = ["prepare", "prebuild", "pretest"];

/** Files that compile the packages. */
export const BUILD = {
  common: ["packages/build.js", "packages/tsconfig.base.json"],
  references: "packages/tsconfig.build.json",
  ofPackage: (name: string) => `${folderOf(name)}/tsconfig.build.json`,
};

/** Writes the files that compile the ejected packages, each after those that it needs. */
async function writeBuild(root: string, folder: string, ejected: readonly string[]): Promise<void> {
  if (ejected.length === 0) return;
  const isEjected = (reference: string) =>
    ejected.some((name) => `/${reference}/`.includes(`/${name}/`));
  for (const name of ejected) mkdirSync(join(folder, folderOf(name)), { recursive: true });
  for (const file of BUILD.common) cpSync(join(root, file), join(folder, file));
  for (const file of [BUILD.references, ...ejected.map(BUILD.ofPackage)]) {
    const text = withReferences(readFileSync(join(root, file), "utf8"), isEjected);
    writeText(folder, file, await formatted(root, file, text));
  }
}

/** Writes `.env.example` and the table of variables. @throws UsageError when the configuration cannot be read. */
export async function documentVariables(root: string, folder: string): Promise<void> {
  const args = ["--require", "ts-node/register", "scripts/document-config.ts"];
  runTool(folder, process.execPath, args, "the variables cannot be documented");
  const page = "docs/configuration.md";
  if (!existsSync(join(folder, page))) return;
  writeText(folder, page, await formatted(root, page, readFileSync(join(folder, page), "utf8")));
}

/** Runs a program to its end. @throws UsageError with its first line about an error when it fails. */
export function runTool(
  cwd: string,
  program: string,
  args: readonly string[],
  problem: string,
): void {
  const env = { ...process.env, TS_NODE_SKIP_IGNORE: "true" };
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    cwd,
    env,
    encoding: "utf8",
  });
  if (status === 0) return;
  const lines = `${stdout}\n${stderr}`.split("\n").filter((line) => /\berror\b/i.test(line));
  const reason = error?.message ?? lines[0]?.trim() ?? `exit code ${status}`;
  throw new UsageError(`${problem} (${reason}); nothing has been changed`);
}
