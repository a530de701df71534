"use strict";

const { availableParallelism } = require("node:os");
const { jestConfig } = require("berth-dev/jest");

module.exports = {
  ...jestConfig(__dirname),
  roots: ["<rootDir>"],
  displayName: "lab",
  // Some start what it compiles; Jest runs it once, however many projects name it.
  globalSetup: "<rootDir>/build.ts",
  // Tests wait for processes half of the time.
  maxWorkers: availableParallelism() * 2,
};
