// Starts the test server with the flaw of that name, or without one: node main.js ["binds loopback only"].
"use strict";

const process = require("node:process");
const { flaws } = require("./flaws");
const { serve } = require("./server");

const name = process.argv[2];
serve(name === undefined ? {} : flaws[name].parts);
