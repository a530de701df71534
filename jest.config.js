// How `npm test` runs: your tests and the chassis'. Those of the tools have `scripts/jest.config.js`.
"use strict";

const { existsSync, readdirSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

/** The packages that are ES modules, which Node requires as they are, and Jest only once they are compiled. */
function esModules(folder = join(__dirname, "node_modules")) {
  return readdirSync(folder).flatMap((name) => {
    if (name.startsWith("@")) return esModules(join(folder, name)).map((of) => `${name}/${of}`);
    const manifest = join(folder, name, "package.json");
    if (!existsSync(manifest)) return [];
    const own = join(folder, name, "node_modules");
    const below = existsSync(own) ? esModules(own) : [];
    return JSON.parse(readFileSync(manifest, "utf8")).type === "module" ? [name, ...below] : below;
  });
}

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
  transformIgnorePatterns: [`/node_modules/(?!(.+/node_modules/)?(${esModules().join("|")})/)`],
  collectCoverageFrom: ["src/**/*.ts"],
  maxWorkers: "100%",
  testTimeout: 120_000,
};
