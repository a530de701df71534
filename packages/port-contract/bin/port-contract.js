#!/usr/bin/env node
"use strict";

const { runContract } = require("../dist/index.js");

void runContract(process.argv.slice(2)).then((code) => process.exit(code));
