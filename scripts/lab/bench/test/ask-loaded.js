// Preloaded into a process: at its end, prints which modules it has loaded, and whether it keeps work contexts.
"use strict";

const { writeSync } = require("node:fs");

process.on("exit", () => {
  const loaded = Object.keys(require.cache);
  const path = loaded.find((name) => name.endsWith("/process/work-context.js"));
  const { currentContext, runInWorkContext } = require(path);
  let keepsContexts;
  runInWorkContext({}, () => (keepsContexts = currentContext() !== undefined));
  writeSync(1, `${JSON.stringify({ loaded, keepsContexts })}\n`);
});
