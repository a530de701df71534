// How `npm test` runs: your tests and the chassis'. Those of the tools have `scripts/jest.config.js`.
"use strict";

const { existsSync, readFileSync, realpathSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");

/**
 * The folders of the packages that are ES modules, which Node requires as they are, and Jest only once they are
 * compiled: of those that this project depends on, and those that these do, wherever a package manager has put them.
 */
function esModules() {
  const folders = new Set([__dirname]);
  const found = [];
  for (const folder of folders) {
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    if (manifest.type === "module") found.push(folder);
    const { dependencies, optionalDependencies, peerDependencies, devDependencies } = manifest;
    const own = folder === __dirname ? devDependencies : undefined;
    const names = { ...dependencies, ...optionalDependencies, ...peerDependencies, ...own };
    for (const name of Object.keys(names)) {
      const paths = createRequire(join(folder, "package.json")).resolve.paths(name) ?? [];
      const path = paths
        .map((of) => join(of, name))
        .find((of) => existsSync(join(of, "package.json")));
      if (path !== undefined) folders.add(realpathSync(path));
    }
  }
  return found;
}

const escaped = (text) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

const toCommonJs = { allowJs: true, isolatedModules: true, module: "commonjs", target: "es2023" };

module.exports = {
  rootDir: __dirname,
  // Not as a part of `testMatch`, which is a glob: it would take the `[1]` of a folder for a pattern.
  roots: ["<rootDir>/src", "<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  globalSetup: "<rootDir>/test/chassis/support/build.ts",
  transform: {
    "\\.ts$": ["ts-jest", { transpilation: true }],
    "/node_modules/.+\\.m?js$": ["ts-jest", { tsconfig: toCommonJs, diagnostics: false }],
  },
  // Whatever else is in a node_modules.
  transformIgnorePatterns: [
    `^(?!(${esModules().map(escaped).join("|")})/(?!.*/node_modules/)).*/node_modules/`,
  ],
  collectCoverageFrom: ["src/**/*.ts"],
  maxWorkers: "100%",
  testTimeout: 120_000,
};
