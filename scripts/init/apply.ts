// Makes a clone of Berth a service: writes names, takes parts out.
import { execFileSync } from "node:child_process";
import { isUtf8 } from "node:buffer";
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { type InitOptions, UsageError } from "./options";
import { type Part, PARTS } from "./parts";
import { withoutParts } from "./text";

/** What `package.json` says of a service that was made from Berth. */
export interface Origin {
  version: string;
  /** Absent in a copy without git. */
  commit?: string;
}

interface Package {
  name: string;
  version: string;
  description: string;
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  berth?: Origin;
}

/** Files in which `berth` is the service's own name, as it is in theirs. */
const NAMED = /^(docs\/.*|\.github\/workflows\/.*\.yml|\.devcontainer\/.*)$/;

/** Not text, rewritten below, or private to the clone's owner. */
const NOT_READ = /^(node_modules|dist|coverage|\.git|\.data|\.env|package-lock\.json)$/;

/** Written anew. */
const WRITTEN = [
  ...["package.json", "package-lock.json", "README.md", "LICENSE", "CHANGELOG.md"],
  ...[".env.example", "docs/configuration.md"],
];

/**
 * Changes the clone in `root`. All is read before anything is changed.
 * @throws UsageError, with nothing changed, when a file cannot be read, or a change would leave the clone through a link.
 */
export function apply(root: string, options: InitOptions, commit: string | undefined): void {
  const names = ["lab", ...options.without] as const;
  const leaving = names.map((name) => PARTS[name]);
  const gone = leaving.flatMap(({ paths }) => paths);
  for (const path of [...gone, ...WRITTEN]) refuseLinks(root, path);
  const isGone = (file: string) => gone.some((path) => `${file}/`.startsWith(`${path}/`));
  const rows = commandRows(leaving);
  const changes = files(root).flatMap((file) => {
    if (isGone(file)) return [];
    const text = readText(join(root, file));
    const isNamed = NAMED.test(file);
    const to = isNamed ? withName(file, options.name) : file;
    // A picture, for one.
    if (text === undefined) return [{ file, to }];
    let changed = withoutParts(text, names, file);
    for (const { lines } of leaving) changed = withoutLines(changed, lines[file]);
    if (file.endsWith(".md")) changed = withoutLines(changed, rows);
    if (isNamed) changed = withName(changed, options.name);
    return [{ file, to, ...(changed !== text && { changed }) }];
  });
  for (const path of gone) rmSync(join(root, path), { recursive: true, force: true });
  for (const { file, to, changed } of changes) {
    if (changed !== undefined) writeFileSync(join(root, file), changed);
    if (to !== file) renameSync(join(root, file), join(root, to));
  }
  writePackage(root, options, leaving, commit);
  writeReadme(root, options);
  writeLicence(root, options);
  writeFileSync(join(root, "CHANGELOG.md"), "# Changelog\n\n## Unreleased\n");
  const run = (...args: string[]) => execFileSync(process.execPath, args, { cwd: root });
  // Processes may have left, and their variables with them.
  run("--require", "ts-node/register", "scripts/project/document-config.ts");
  // What has left may have left blank lines, or columns that are too wide.
  const prettier = require.resolve("prettier/bin/prettier.cjs");
  const pages = ["README.md", "docs", "src/*.ts", "package.json"];
  run(prettier, "--write", "--log-level", "warn", ...pages);
}

/** Relative paths with forward slashes; without links, as what they lead to may be no part of the clone. */
function files(root: string, folder = root): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (NOT_READ.test(entry.name)) return [];
    if (entry.isDirectory()) return files(root, path);
    // What speaks of marks is no marked text.
    const file = relative(root, path).replaceAll("\\", "/");
    return entry.isFile() && !file.startsWith("scripts/project/") ? [file] : [];
  });
}

/** The text of a file, or undefined where it is none: it would not be the same once it was written. */
function readText(path: string): string | undefined {
  try {
    const bytes = readFileSync(path);
    return isUtf8(bytes) && !bytes.includes(0) ? bytes.toString() : undefined;
  } catch (err) {
    throw new UsageError(`${(err as Error).message}: make it readable; nothing has been changed`);
  }
}

/** @throws UsageError when the path, or a folder above it, is a link: a change would be made where it leads. */
function refuseLinks(root: string, path: string): void {
  const parts = path.split("/");
  const links = parts
    .map((_, index) => parts.slice(0, index + 1).join("/"))
    .filter((each) => lstatSync(join(root, each), { throwIfNoEntry: false })?.isSymbolicLink());
  const [link] = links;
  if (link === undefined) return;
  throw new UsageError(
    `${link} is a symbolic link to ${readlinkSync(join(root, link))}: put the file or folder itself in its place; nothing has been changed`,
  );
}

const withName = (text: string, name: string): string => text.replaceAll(/\bberth\b/g, name);

/** Rows of a table of commands. */
const commandRows = (parts: readonly Part[]): RegExp =>
  new RegExp(`^\\| \`npm run (${parts.flatMap(({ scripts }) => scripts).join("|")})[ \`]`);

const withoutLines = (text: string, pattern: RegExp | undefined): string =>
  pattern === undefined
    ? text
    : text
        .split("\n")
        .filter((line) => !pattern.test(line))
        .join("\n");

function writePackage(
  root: string,
  { name, description }: InitOptions,
  leaving: readonly Part[],
  commit: string | undefined,
): void {
  const path = join(root, "package.json");
  const pkg = JSON.parse(readFileSync(path, "utf8")) as Package;
  const berth: Origin = { version: pkg.version, ...(commit && { commit }) };
  for (const part of leaving) {
    for (const script of part.scripts) delete pkg.scripts[script];
    for (const name of part.dependencies) delete pkg.dependencies[name];
    for (const script of Object.keys(pkg.scripts)) {
      pkg.scripts[script] = withoutSteps(pkg.scripts[script] ?? "", part);
    }
  }
  const changed = { ...pkg, name, version: "0.1.0", description, berth };
  writeFileSync(path, `${JSON.stringify(changed, undefined, 2)}\n`);
  // Knows all that stays already: it asks nobody.
  const npm = ["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"];
  execFileSync("npm", [...npm, "--prefer-offline"], { cwd: root, stdio: ["ignore", "ignore", 2] });
}

/** A script without the commands that run what leaves. */
function withoutSteps(script: string, { paths, scripts }: Part): string {
  const gone = [...paths, ...scripts.map((name) => `npm run ${name} `)];
  const steps = script.split(" && ");
  return steps.filter((step) => !gone.some((text) => `${step} `.includes(text))).join(" && ");
}

function writeReadme(root: string, { name, description, without }: InitOptions): void {
  const template = readFileSync(join(__dirname, "service-readme.md"), "utf8");
  const text = withoutParts(template, without, "service-readme.md")
    .replaceAll("NAME", () => name)
    .replaceAll("DESCRIPTION", () => description.replace(/\.$/, ""));
  writeFileSync(join(root, "README.md"), text);
}

/** The licence asks that its notice stays: Berth's holders stand below the service's. */
function writeLicence(root: string, { owner }: InitOptions): void {
  const path = join(root, "LICENSE");
  if (!existsSync(path)) return;
  const year = new Date().getFullYear();
  const text = readFileSync(path, "utf8");
  writeFileSync(
    path,
    text.replace(/^(Copyright )/m, () => `Copyright (c) ${year} ${owner}\nCopyright `),
  );
}
