// Jest's configuration for TypeScript that imports ES module packages.
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
 * Finds the ES module packages among all direct and indirect dependencies of a package, hoisted or not. Node can require them;
 * Jest needs them compiled to CommonJS.
 */
function esModules(root: string): string[] {
  const folders = new Set([root]);
  const found: string[] = [];
  for (const folder of folders) {
    const file = join(folder, "package.json");
    const manifest = JSON.parse(readFileSync(file, "utf8")) as Manifest;
    if (manifest.type === "module") found.push(folder);
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

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** Resolved here, because ts-jest is a dependency of this package, not of the service. */
const tsJest = require.resolve("ts-jest");

const toCommonJs = { allowJs: true, isolatedModules: true, module: "commonjs", target: "es2023" };

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
  transform: {
    "\\.ts$": [tsJest, { transpilation: true }],
    "/node_modules/.+\\.m?js$": [tsJest, { tsconfig: toCommonJs, diagnostics: false }],
  },
  // Do not compile other packages in node_modules.
  transformIgnorePatterns: [
    `^(?!(${esModules(root).map(escaped).join("|")})/(?!.*/node_modules/)).*/node_modules/`,
  ],
  setupFilesAfterEnv: [join(__dirname, "timeout.js")],
});
