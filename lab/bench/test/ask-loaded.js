// Preloaded into a process: at its exit, prints the modules that it has loaded.
"use strict";

const { writeSync } = require("node:fs");

process.on("exit", () => {
  writeSync(1, `${JSON.stringify({ loaded: Object.keys(require.cache) })}\n`);
});
