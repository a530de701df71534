"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.RELEASE = exports.WEB = exports.SERVICE = exports.CHASSIS = void 0;
// Where `build.ts` puts what tests run.
const node_path_1 = require("node:path");
const root = (0, node_path_1.join)(__dirname, "../..");
/** The chassis, compiled. */
exports.CHASSIS = (0, node_path_1.join)(root, "dist");
/** The folder of the tests' own service, compiled: below this package, whose name it imports. */
exports.SERVICE = (0, node_path_1.join)(root, "dist-test/service");
/** Its web process. */
exports.WEB = (0, node_path_1.join)(exports.SERVICE, "server.js");
/** Its release process. */
exports.RELEASE = (0, node_path_1.join)(exports.SERVICE, "migrate.js");
//# sourceMappingURL=built.js.map
