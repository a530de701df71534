// How `npm test` runs in this repository: the template's tests and those of every package.
"use strict";

const { join } = require("node:path");

module.exports = {
  rootDir: join(__dirname, ".."),
  projects: ["<rootDir>", "<rootDir>/packages/*/jest.config.js"],
  maxWorkers: "100%",
  // Concurrent tests wait for servers, in a queue of their own.
  maxConcurrency: 50,
};
