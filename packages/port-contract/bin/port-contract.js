#!/usr/bin/env node
"use strict";

const { writeSync } = require("node:fs");
const { runContract } = require("../dist/index.js");

// Node's own code for it, 1, would say that the program breaks the contract.
process.on("uncaughtException", (error) => {
  writeSync(2, `${error?.stack ?? error}\n`);
  process.exit(3);
});
void runContract(process.argv.slice(2)).then((code) => process.exit(code));
