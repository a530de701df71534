"use strict";
// Internal modules of the package berth. Its entry points read from them at each access, so an export replaced here is
// replaced there, too.
const { dirname, join } = require("node:path");

const dist = join(dirname(require.resolve("berth/package.json")), "dist");

/** Loads a module by its path in the package, such as `http/body`. */
const internal = (path) => require(join(dist, path));

module.exports = { internal };
