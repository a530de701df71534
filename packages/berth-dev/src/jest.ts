// Jest's configuration for TypeScript that imports packages of ES modules.
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

interface Manifest {
  type?: string;
  dependencies?: object;
  optionalDependencies?: object;
  peerDependencies?: object;
  devDependencies?: object;
}

/**
 * The folders of the packages that are ES modules, which Node requires as they are, and Jest only once they are compiled:
 * of those that the package in this folder depends on, and those that these do, wherever a package manager has put them.
 */
function esModules(root: string): string[] {
  const folders = new Set([root]);
  const found: string[] = [];
  for (const folder of folders) {
    const file = join(folder, "package.json");
    const manifest = JSON.parse(readFileSync(file, "utf8")) as Manifest;
    if (manifest.type === "module") found.push(folder);
    const { dependencies, optionalDependencies, peerDependencies, devDependencies } = manifest;
    const own = folder === root ? devDependencies : undefined;
    const all = { ...dependencies, ...optionalDependencies, ...peerDependencies, ...own };
    for (const name of Object.keys(all)) {
      const paths = createRequire(file).resolve.paths(name) ?? [];
      const path = paths
        .map((of) => join(of, name))
        .find((of) => existsSync(join(of, "package.json")));
      if (path !== undefined) folders.add(realpathSync(path));
    }
  }
  return found;
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** Resolved here: it is a dependency of this package, wherever the service has its own. */
const tsJest = require.resolve("ts-jest");

const toCommonJs = { allowJs: true, isolatedModules: true, module: "commonjs", target: "es2023" };

/**
 * What a `jest.config.js` has in common with others.
 * @param root Its folder.
 */
export const jestConfig = (root: string) => ({
  rootDir: root,
  // Not as a part of `testMatch`, which is a glob: it would take the `[1]` of a folder for a pattern.
  roots: ["src", "test"].map((name) => join(root, name)).filter((folder) => existsSync(folder)),
  testMatch: ["**/*.test.ts"],
  transform: {
    "\\.ts$": [tsJest, { transpilation: true }],
    "/node_modules/.+\\.m?js$": [tsJest, { tsconfig: toCommonJs, diagnostics: false }],
  },
  // Whatever else is in a node_modules.
  transformIgnorePatterns: [
    `^(?!(${esModules(root).map(escaped).join("|")})/(?!.*/node_modules/)).*/node_modules/`,
  ],
  setupFilesAfterEnv: [join(__dirname, "jest-timeout.js")],
});
