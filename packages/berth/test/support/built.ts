// The paths of the compiled code that tests run.
import { join } from "node:path";

const root = join(__dirname, "../..");

/** This package, compiled. */
export const COMPILED = join(root, "dist");

/** The tests' own service, compiled: inside this package, which it imports by name. */
export const SERVICE = join(root, "dist-test/service");

/** Its web process. */
export const WEB = join(SERVICE, "server.js");

/** Its release process. */
export const RELEASE = join(SERVICE, "migrate.js");
