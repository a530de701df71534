// How `npm run test:tools` runs: the tools' tests, each beside its tool.
"use strict";

module.exports = {
  ...require("../jest.config"),
  testMatch: ["<rootDir>/scripts/**/*.test.ts"],
  // Concurrent tests wait for servers, in a queue of their own.
  maxConcurrency: 50,
};
