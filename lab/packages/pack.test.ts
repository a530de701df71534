import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { packTemplate } from "berth-dev/scaffold";
import { type Manifest, packages } from "./packages";
import { pack } from "./tarballs";

/** The folders that a package may contain: compiled code, its source for stack traces and editors, and data files. */
const EXPECTED =
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|clauses\.md|template\.json|src\/.+\.(ts|md)|dist\/.+\.(js|d\.ts)(\.map)?|dist\/empty-database-[\d.]+\.tar\.br|(bin|public|protos)\/[^/]+)$/;

packTemplate(join(__dirname, "../.."));

describe.each(packages.map((pkg) => [pkg.manifest.name, pkg] as const))("%s", (_name, pkg) => {
  const { files } = pack(pkg);

  it("contains its documents, the compiled code and its source, but no tests", () => {
    expect(files).toEqual(
      expect.arrayContaining(["package.json", "README.md", "LICENSE", "CHANGELOG.md"]),
    );
    expect(files.filter((file) => !EXPECTED.test(file))).toEqual([]);
    expect(files.filter((file) => /\.test\.|(^|\/)tests?\//.test(file))).toEqual([]);
  });

  it("contains the data files that its code reads", () => {
    const beside = ["bin", "public", "protos"].filter((name) => existsSync(join(pkg.folder, name)));
    const packed = new Set(files.map((file) => file.split("/")[0]));
    expect(beside.filter((name) => !packed.has(name))).toEqual([]);
  });

  it("contains the files of its entry points", () => {
    const targets = Object.values(pkg.manifest.exports).flatMap((target) =>
      typeof target === "string" ? [target] : [target.types, target.default],
    );
    expect(targets.filter((path) => !files.includes(posix.normalize(path)))).toEqual([]);
  });

  it("contains the source of each source map", () => {
    const maps = files.filter((file) => file.endsWith(".map"));
    expect(maps.length > 10).toBe(existsSync(join(pkg.folder, "src")));
    const missing = maps.flatMap((map) => {
      const { sources } = JSON.parse(readFileSync(join(pkg.folder, map), "utf8")) as {
        sources: string[];
      };
      return sources
        .map((source) => posix.join(posix.dirname(map), source))
        .filter((source) => !files.includes(source));
    });
    expect(missing).toEqual([]);
  });
});

describe("the packages", () => {
  const manifests = packages.map(({ manifest }) => manifest);
  const names = manifests.map(({ name }) => name);

  it("are all in packages/", () => {
    const folder = join(__dirname, "../../packages");
    const folders = readdirSync(folder).filter(
      (name) => existsSync(join(folder, name, "bin")) || existsSync(join(folder, name, "src")),
    );
    expect([...names].sort()).toEqual(folders.sort());
  });

  it("have one version, and ask for that of each other", () => {
    const [version = ""] = manifests.map((each) => each.version);
    for (const { name, version: own, dependencies = {}, peerDependencies = {} } of manifests) {
      expect([name, own]).toEqual([name, version]);
      for (const other of names) {
        expect([name, other, dependencies[other] ?? version]).toEqual([name, other, version]);
        const range = `^${version}`;
        expect([name, other, peerDependencies[other] ?? range]).toEqual([name, other, range]);
      }
    }
  });

  it("stand after those that they depend on", () => {
    for (const [index, { name, dependencies, peerDependencies }] of manifests.entries()) {
      const later = names
        .slice(index)
        .filter((other) => other in { ...dependencies, ...peerDependencies });
      expect([name, later]).toEqual([name, []]);
    }
  });

  it("create-berth asks for the versions of the template", () => {
    const read = (file: string) =>
      JSON.parse(readFileSync(file, "utf8")) as Required<Manifest> & {
        devDependencies: Record<string, string>;
      };
    const template = read(join(__dirname, "../../package.json"));
    const { dependencies = {} } = manifests.find(({ name }) => name === "create-berth") ?? {};
    expect({ ...template.devDependencies, ...template.dependencies }).toMatchObject(dependencies);
    expect(dependencies).toMatchObject(template.dependencies);
  });
});
