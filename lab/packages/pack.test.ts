import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { packages } from "./packages";
import { pack } from "./tarballs";

/** The folders that a package may contain: compiled code, its source for stack traces and editors, and data files. */
const EXPECTED =
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|clauses\.md|src\/.+\.(ts|md)|dist\/.+\.(js|d\.ts)(\.map)?|dist\/(empty-database-[\d.]+\.tar\.br|scaffold\/template\.json)|(bin|public|protos)\/[^/]+)$/;

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
    expect(maps.length).toBeGreaterThan(10);
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
