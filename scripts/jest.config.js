// How `npm run test:tools` runs: the tools' tests, each beside its tool.
"use strict";

module.exports = {
  ...require("../jest.config"),
  roots: ["<rootDir>/src", "<rootDir>/scripts"],
  // Concurrent tests wait for servers, in a queue of their own.
  maxConcurrency: 50,
};
