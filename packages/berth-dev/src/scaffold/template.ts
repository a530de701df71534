// The template as one file of this package, so that a service can render it again.
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { filesOf } from "./files";
import { BERTH, PACKAGE_NAMES } from "./parts";
import { BUILD, README, type Versions } from "./render";

/** In the package's folder, which npm packs. */
export const PACKED = join(__dirname, "../../template.json");

interface PackedTemplate {
  versions: Versions;
  /** By path: the mode, and the content in Base64. */
  files: Readonly<Record<string, readonly [mode: number, base64: string]>>;
}

/** The versions of a service's packages in a clone of Berth. */
export const packageVersions = (root: string): Versions =>
  Object.fromEntries(
    PACKAGE_NAMES.map((name) => {
      const text = readFileSync(join(root, "packages", name, "package.json"), "utf8");
      return [name, (JSON.parse(text) as { version: string }).version];
    }),
  );

/** Writes the template of a clone of Berth into this package. Call it before the package is packed. */
export function packTemplate(root: string): void {
  const isOurs = (file: string) => BERTH.paths.some((path) => `${file}/`.startsWith(`${path}/`));
  const files = filesOf(root).filter(
    (file) => file === README || !(isOurs(file) || file === "README.md"),
  );
  const build = [...BUILD.common, BUILD.references, ...PACKAGE_NAMES.map(BUILD.ofPackage)];
  const entries = [...files, ...build].sort().map((file) => {
    const path = join(root, file);
    return [file, [statSync(path).mode, readFileSync(path).toString("base64")]] as const;
  });
  const template: PackedTemplate = {
    versions: packageVersions(root),
    files: Object.fromEntries(entries),
  };
  writeFileSync(PACKED, JSON.stringify(template));
}

const readPacked = () => JSON.parse(readFileSync(PACKED, "utf8")) as PackedTemplate;

/** Reads a file of the template. @throws Error when the template has no such file. */
export function readTemplateFile(file: string): string {
  const packed = readPacked().files[file];
  if (!packed) throw new Error(`the template has no file ${file}`);
  return Buffer.from(packed[1], "base64").toString();
}

/** The versions of the packages that belong to a packed template; another version of this package may have packed it. */
export const versionsIn = (path: string): Versions =>
  (JSON.parse(readFileSync(path, "utf8")) as PackedTemplate).versions;

/**
 * Writes the template of this package into a folder.
 * @returns The versions of the packages that it belongs to.
 */
export function unpackTemplate(folder: string): Versions {
  const { versions, files } = readPacked();
  for (const [file, [mode, base64]] of Object.entries(files)) {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, Buffer.from(base64, "base64"), { mode });
  }
  return versions;
}
