"use strict";
// Modules that the package berth does not export. The entry points read from them at each access, so what is replaced here is replaced there.
const { dirname, join } = require("node:path");

const dist = join(dirname(require.resolve("berth/package.json")), "dist");

/** Loads a module by its path in the package, such as `http/body`. */
const internal = (path) => require(join(dist, path));

module.exports = { internal };
