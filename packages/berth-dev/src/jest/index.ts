// Jest's configuration for TypeScript that imports ES module packages.
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

interface Manifest {
  type?: string;
  exports?: unknown;
  dependencies?: object;
  optionalDependencies?: object;
  peerDependencies?: object;
  devDependencies?: object;
}

/**
 * Finds the folders with ES modules among all direct and indirect dependencies of a package, hoisted or not. Node can require
 * them; Jest needs them compiled to CommonJS.
 */
function esModules(root: string): string[] {
  const folders = new Set([root]);
  const found: string[] = [];
  for (const folder of folders) {
    const file = join(folder, "package.json");
    const manifest = JSON.parse(readFileSync(file, "utf8")) as Manifest;
    if (manifest.type === "module") found.push(folder);
    else found.push(...nestedModules(folder, manifest.exports));
    const { dependencies, optionalDependencies, peerDependencies, devDependencies } = manifest;
    const direct = folder === root ? devDependencies : undefined;
    const all = { ...dependencies, ...optionalDependencies, ...peerDependencies, ...direct };
    for (const name of Object.keys(all)) {
      const paths = createRequire(file).resolve.paths(name) ?? [];
      const path = paths
        .map((parent) => join(parent, name))
        .find((candidate) => existsSync(join(candidate, "package.json")));
      if (path !== undefined) folders.add(realpathSync(path));
    }
  }
  return found;
}

/** The folders of a CommonJS package whose own package.json says that they have ES modules, such as `dist/esm`. */
function nestedModules(root: string, exports: unknown): string[] {
  const folders = new Set<string>();
  for (const file of targetsIn(exports)) {
    for (let folder = dirname(file); folder !== "."; folder = dirname(folder))
      folders.add(join(root, folder));
  }
  return [...folders].filter((folder) => {
    const manifest = join(folder, "package.json");
    if (!existsSync(manifest)) return false;
    return (JSON.parse(readFileSync(manifest, "utf8")) as Manifest).type === "module";
  });
}

/** The files that `exports` names for ES modules. */
const targetsIn = (exports: unknown, isModule = false): string[] => {
  if (typeof exports === "string") return isModule ? [exports] : [];
  if (typeof exports !== "object" || exports === null) return [];
  return Object.entries(exports).flatMap(([key, value]) =>
    targetsIn(value, isModule || key === "module-sync" || key === "import"),
  );
};

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** Resolved here, because ts-jest is a dependency of this package, not of the service. */
const tsJest = require.resolve("ts-jest");

const TS_JEST = {
  transpilation: true,
  astTransformers: { before: [join(__dirname, "dynamic-import.js")] },
};

/**
 * The common part of a `jest.config.js`.
 * @param root The folder of that file.
 */
export const jestConfig = (root: string) => ({
  rootDir: root,
  // Not in `testMatch`, which is a glob: a folder's name such as `app[1]` would be a pattern.
  roots: ["src", "test"].map((name) => join(root, name)).filter((folder) => existsSync(folder)),
  testMatch: ["**/*.test.ts"],
  testEnvironment: join(__dirname, "environment.js"),
  resolver: join(__dirname, "resolver.js"),
  transform: {
    "\\.ts$": [tsJest, TS_JEST] as [string, object],
    "/node_modules/.+\\.m?js$": join(__dirname, "es-modules.js"),
  },
  // Do not compile other packages in node_modules.
  transformIgnorePatterns: [
    `^(?!(${esModules(root).map(escaped).join("|")})/(?!.*/node_modules/))(?!.*\\.mjs$).*/node_modules/`,
  ],
  setupFilesAfterEnv: [join(__dirname, "timeout.js")],
});
