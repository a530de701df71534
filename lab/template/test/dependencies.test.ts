// Every import is a declared dependency: a transitive dependency may be missing with pnpm, or in a clone.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript";

const root = join(__dirname, "../../..");

interface Manifest {
  name: string;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

const filesIn = (...folders: string[]) =>
  execFileSync("git", ["ls-files", ...folders], { cwd: root, encoding: "utf8" })
    .split("\n")
    .filter((file) => /\.(ts|js)$/.test(file) && existsSync(join(root, file)))
    // Files for browsers.
    .filter((file) => !file.includes("/public/"));

/** The packages that a file names: in imports, in `declare module`, and in calls of Jest. */
function packagesIn(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  const { importedFiles, ambientExternalModules = [] } = ts.preProcessFile(text, true, true);
  const asked = text.matchAll(/(?:doMock|requireActual|require\.resolve|load<.+>)\("([^"]+)"\)/g);
  const augmented = text.matchAll(/^declare module "([^"]+)"/gm);
  const names = [
    ...importedFiles.map(({ fileName }) => fileName),
    ...ambientExternalModules,
    ...[...asked, ...augmented].map(([, name = ""]) => name),
  ];
  return names
    .filter((name) => /^(@[\w.-]+\/)?[\w.-]+(\/|$)/.test(name) && !/^(\.|node:|src\/)/.test(name))
    .map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)![0]);
}

/** The packages that are only imported for their types, which compiling removes. */
function typesIn(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  const used = text.matchAll(
    /^(?:(?:import|export) type [^;]*? from|declare module) "((?:@[^/"]+\/)?[^/"]+)/gm,
  );
  return [...used].map(([, name = ""]) => name);
}

/** Only tests load these files, also in a service, which has `berth-dev` and TypeScript as development dependencies. */
const isForTests = (file: string) => file.startsWith("packages/berth/src/testing/");

const readManifest = (folder: string) =>
  JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;

/** The manifests above a file, the nearest first. */
function manifestsAbove(file: string): Manifest[] {
  const found: Manifest[] = [];
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (existsSync(join(root, folder, "package.json"))) found.push(readManifest(folder));
    if (folder === ".") return found;
  }
}

/** The packages in production: dependencies and peers. */
const inProduction = ({ dependencies, peerDependencies }: Manifest) =>
  Object.keys({ ...dependencies, ...peerDependencies });

/** The packages in development, including the package itself; `@types/x` also counts as `x`. */
const inDevelopment = (manifest: Manifest) => [
  manifest.name,
  ...inProduction(manifest),
  ...Object.keys(manifest.devDependencies ?? {}).flatMap((name) => [
    name,
    name.replace(/^@types\//, ""),
  ]),
];

/** The imports of undeclared packages. */
const undeclared = (files: readonly string[], declaredFor: (file: string) => readonly string[]) =>
  files.flatMap((file) => {
    const declared = new Set([...builtinModules, ...declaredFor(file)]);
    return [...new Set(packagesIn(file))]
      .filter((name) => !declared.has(name))
      .map((name) => `${file}: ${name}`);
  });

const workspaces = [
  ".",
  ...["berth", "berth-grpc", "berth-telemetry", "berth-dev", "port-contract"].map(
    (name) => `packages/${name}`,
  ),
];

describe.each(workspaces)("what %s/src imports", (workspace) => {
  const manifest = readManifest(workspace);
  const files = filesIn(join(workspace, "src"), join(workspace, "bin"));

  it("is a dependency, a peer, or a development dependency used for its types", () => {
    expect(files.length).toBeGreaterThan(5);
    const missing = undeclared(files, (file) => {
      const all = manifestsAbove(file).flatMap(inDevelopment);
      if (isForTests(file)) return all;
      return [...inProduction(manifest), ...typesIn(file).filter((name) => all.includes(name))];
    });
    expect(missing).toEqual([]);
  });
});

describe("what tests, scripts and the lab import", () => {
  it("is declared in a package.json above them", () => {
    const files = filesIn("test", "scripts", "packages/*/test", "lab", "*.js");
    expect(files.length).toBeGreaterThan(100);
    expect(undeclared(files, (file) => manifestsAbove(file).flatMap(inDevelopment))).toEqual([]);
  });
});
