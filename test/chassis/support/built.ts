// Where `build.ts` puts what tests run.
import { join } from "node:path";

const root = join(__dirname, "../../..");

/** The chassis and the tests' own service around it, compiled; `service/tsconfig.build.json` says so, too. */
export const BUILT = join(root, "node_modules/.cache/test-service");

/** The compiled chassis. */
export const CHASSIS = join(BUILT, "src/chassis");

/** The folder of the tests' own service. */
export const SERVICE = join(BUILT, "test/chassis/support/service");

/** Its web process. */
export const WEB = join(SERVICE, "server.js");

/** Its release process. */
export const RELEASE = join(SERVICE, "migrate.js");
