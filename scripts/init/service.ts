// Writes the complete service into an empty folder.
import { isUtf8 } from "node:buffer";
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
import { filesOf } from "./clone";
import { type InitOptions, UsageError } from "./options";
import { BERTH, NAMED, PART_NAMES, type PartName, PARTS, REPLACED, VENDORED } from "./parts";
import { withoutLinks, withoutParts, withoutProcesses } from "./text";
import { formatted, withoutUnusedImports } from "./tidy";
import { manifestOf, packPackages, run, tarballOf, writeLock } from "./vendor";

interface Manifest {
  name: string;
  version: string;
  description: string;
  scripts: Record<string, string>;
  workspaces?: string[];
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

/**
 * Writes the service. Does not change the clone.
 * @param tarballs A folder that already contains the tarballs.
 * @throws UsageError when a file cannot be read, or a tool fails.
 */
export async function writeService(
  root: string,
  folder: string,
  options: InitOptions,
  tarballs?: string,
): Promise<void> {
  const leaving = PART_NAMES.filter((name) => !options.parts.includes(name));
  const isGone = goneOf(leaving);
  const files = filesOf(root).filter((file) => !isGone(file));
  for (const file of files) await writeFile(root, folder, file, options.name, leaving);

  const manifest = serviceManifest(root, options, leaving);
  writeText(
    folder,
    "package.json",
    await formatted(root, "package.json", JSON.stringify(manifest)),
  );
  await writeReadme(root, folder, options, leaving);
  writeLicence(root, folder, options);

  const vendored = [...VENDORED.dependencies, ...VENDORED.devDependencies].filter(
    (name) => name in { ...manifest.dependencies, ...manifest.devDependencies },
  );
  const vendor = join(folder, "vendor");
  if (tarballs === undefined) packPackages(root, vendored, vendor);
  else for (const name of vendored) copyTarball(root, name, tarballs, folder);
  writeLock(root, folder);
  await documentVariables(root, folder);
}

async function writeFile(
  root: string,
  folder: string,
  file: string,
  name: string,
  leaving: readonly PartName[],
): Promise<void> {
  const path = join(root, file);
  const to = NAMED.test(file) ? withName(file, name) : file;
  const target = join(folder, to);
  const text = readText(path);
  mkdirSync(dirname(target), { recursive: true });
  // A binary file.
  if (text === undefined) return cpSync(path, target);
  const changed = changedText(text, file, name, leaving);
  const used = changed !== text && file.endsWith(".ts") ? withoutUnusedImports(changed) : changed;
  writeFileSync(target, await formatted(root, to, used));
  chmodSync(target, statSync(path).mode);
}

function changedText(
  text: string,
  file: string,
  name: string,
  leaving: readonly PartName[],
): string {
  let changed = withoutParts(text, ["berth", ...leaving], file);
  if (/^Procfile/.test(file)) {
    changed = withoutProcesses(
      changed,
      leaving.flatMap((part) => PARTS[part].processes ?? []),
    );
  }
  for (const [pattern, replacement] of REPLACED[file] ?? []) {
    changed = changed.replaceAll(pattern, replacement);
  }
  if (file.endsWith(".md")) {
    changed = withoutLinks(withoutCommands(changed, leaving), file, goneOf(leaving));
  }
  return NAMED.test(file) ? withName(changed, name) : changed;
}

/** `berth` as the service's name, not as a package: `berth/http`, `berth-dev`, `node_modules/berth`. */
const OWN_NAME = /(?<!node_modules\/)\bberth\b(?!-(?:dev|grpc)\b|\/[a-z]+["'`])/g;

const withName = (text: string, name: string): string => text.replaceAll(OWN_NAME, () => name);

/** Removes rows of a table of commands whose scripts are removed. */
function withoutCommands(text: string, leaving: readonly PartName[]): string {
  const scripts = goneScripts(leaving).join("|");
  return text.replaceAll(new RegExp(`^\\| \`npm run (?:${scripts})[ \`].*\\n`, "gm"), "");
}

/** Returns a function that says whether a path is removed. */
function goneOf(leaving: readonly PartName[]): (path: string) => boolean {
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
  { name, description }: InitOptions,
  leaving: readonly PartName[],
): Manifest {
  const path = join(root, "package.json");
  const { workspaces: _workspaces, ...manifest } = JSON.parse(
    readFileSync(path, "utf8"),
  ) as Manifest;
  const scripts: Record<string, string> = { ...manifest.scripts, ...BERTH.changedScripts };
  for (const script of goneScripts(leaving)) delete scripts[script];
  const packages = [...BERTH.packages, ...leaving.flatMap((part) => PARTS[part].packages ?? [])];
  const without = (of: Record<string, string>, vendored: readonly string[]) => {
    const tarballs = vendored.map((each) => [each, `file:${tarballOf(manifestOf(root, each))}`]);
    const all = { ...of, ...(Object.fromEntries(tarballs) as Record<string, string>) };
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
  };
}

async function writeReadme(
  root: string,
  folder: string,
  { name, description }: InitOptions,
  leaving: readonly PartName[],
): Promise<void> {
  const template = readFileSync(join(root, "scripts/init/service-readme.md"), "utf8");
  const text = withoutParts(template, leaving, "service-readme.md")
    .replaceAll("NAME", () => name)
    .replaceAll("DESCRIPTION", () => description.replace(/\.$/, ""));
  writeText(folder, "README.md", await formatted(root, "README.md", text));
}

/** The licence requires that its notice stays: Berth's copyright holders follow the service's. */
function writeLicence(root: string, folder: string, { owner }: InitOptions): void {
  const path = join(root, "LICENSE");
  if (!existsSync(path)) return;
  const notice = `Copyright (c) ${new Date().getFullYear()} ${owner}\nCopyright `;
  const text = readFileSync(path, "utf8").replace(/^Copyright /m, () => notice);
  writeText(folder, "LICENSE", text);
}

function copyTarball(root: string, name: string, tarballs: string, folder: string): void {
  const file = tarballOf(manifestOf(root, name));
  mkdirSync(join(folder, "vendor"), { recursive: true });
  cpSync(join(tarballs, file.replace(/^vendor\//, "")), join(folder, file));
}

/** Writes the table of variables again, as some may be gone. */
async function documentVariables(root: string, folder: string): Promise<void> {
  const args = ["--require", "ts-node/register", "scripts/document-config.ts"];
  run(folder, process.execPath, args, "the variables cannot be documented");
  const page = "docs/configuration.md";
  writeText(folder, page, await formatted(root, page, readFileSync(join(folder, page), "utf8")));
}
