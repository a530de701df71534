// How `npm test` runs in this repository: the template's tests, those of every package, and those of the lab.
"use strict";

const { join } = require("node:path");

module.exports = {
  rootDir: join(__dirname, ".."),
  projects: ["<rootDir>", "<rootDir>/packages/*/jest.config.js", "<rootDir>/lab"],
  maxWorkers: "100%",
  // Concurrent tests wait for servers, in a queue of their own.
  maxConcurrency: 50,
};
