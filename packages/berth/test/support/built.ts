// Where `build.ts` puts what tests run.
import { join } from "node:path";

const root = join(__dirname, "../..");

/** The chassis, compiled. */
export const CHASSIS = join(root, "dist");

/** The folder of the tests' own service, compiled: below this package, whose name it imports. */
export const SERVICE = join(root, "dist-test/service");

/** Its web process. */
export const WEB = join(SERVICE, "server.js");

/** Its release process. */
export const RELEASE = join(SERVICE, "migrate.js");
