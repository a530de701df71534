// Starts the test server with the named flaws: node main.js ["binds loopback only" …].
"use strict";

const process = require("node:process");
const { partsOf } = require("./flaws");
const { serve } = require("./server");

serve(partsOf(process.argv.slice(2)));
