import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { packages } from "./packages";
import { pack } from "./tarballs";

/** What a package may hold: what runs, its source for stack traces and editors, and what it says of itself. */
const EXPECTED =
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|src\/.+\.ts|dist\/.+\.(js|d\.ts)(\.map)?|dist\/empty-database-[\d.]+\.tar\.br|(bin|public|protos)\/[^/]+)$/;

describe.each(packages.map((pkg) => [pkg.manifest.name, pkg] as const))("%s", (_name, pkg) => {
  const { files } = pack(pkg);

  it("holds its documents, what is compiled and its source, and no test", () => {
    expect(files).toEqual(
      expect.arrayContaining(["package.json", "README.md", "LICENSE", "CHANGELOG.md"]),
    );
    expect(files.filter((file) => !EXPECTED.test(file))).toEqual([]);
    expect(files.filter((file) => /\.test\.|(^|\/)tests?\//.test(file))).toEqual([]);
  });

  it("holds all files beside what is compiled that it reads", () => {
    const beside = ["bin", "public", "protos"].filter((name) => existsSync(join(pkg.folder, name)));
    const packed = new Set(files.map((file) => file.split("/")[0]));
    expect(beside.filter((name) => !packed.has(name))).toEqual([]);
  });

  it("holds what its entry points name", () => {
    const targets = Object.values(pkg.manifest.exports).flatMap((target) =>
      typeof target === "string" ? [target] : [target.types, target.default],
    );
    expect(targets.filter((path) => !files.includes(posix.normalize(path)))).toEqual([]);
  });

  it("holds the source of each map", () => {
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
