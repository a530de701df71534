// How `npm test` runs in this repository: the template's tests and those of every package. Black-box tests start processes
// and take minutes: they run only if the command names them, as `npm test -- black-box` does.
"use strict";

const { existsSync, readdirSync } = require("node:fs");
const { availableParallelism } = require("node:os");
const { join } = require("node:path");

const packages = readdirSync(__dirname).map((name) => join(__dirname, name, "jest.config.js"));
const projects = [join(__dirname, "../jest.config.js"), ...packages.filter(existsSync)];
const isNamed = process.argv.slice(2).some((argument) => argument.includes("black-box"));

module.exports = {
  rootDir: join(__dirname, ".."),
  projects: projects.map((config) => ({
    ...require(config),
    testPathIgnorePatterns: isNamed ? [] : ["/black-box/"],
  })),
  // Tests wait for sockets, timers and processes half of the time.
  maxWorkers: availableParallelism() * 2,
  // Concurrent tests wait for servers, in a queue of their own.
  maxConcurrency: 50,
};
