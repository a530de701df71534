// How `npm run test:tools` runs: the tools' tests, each beside its tool.
"use strict";

module.exports = {
  ...require("../jest.config"),
  testMatch: ["<rootDir>/scripts/**/*.test.ts"],
};
