// Preloaded into a process: at its end, prints which modules it has loaded.
"use strict";

const { writeSync } = require("node:fs");

process.on("exit", () => {
  writeSync(1, `${JSON.stringify({ loaded: Object.keys(require.cache) })}\n`);
});
