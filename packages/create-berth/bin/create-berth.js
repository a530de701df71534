#!/usr/bin/env node
"use strict";

const { dirname } = require("node:path");
const { runCreate } = require("berth-dev/create");

// The folder with this package's dependencies, which the template's scripts import, too.
const nodeModules = dirname(dirname(require.resolve("ts-node/package.json")));
runCreate(process.argv.slice(2), nodeModules);
