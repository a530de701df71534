// What the service is called.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { About } from "./services";

/**
 * Reads the service's name and version from its `package.json`.
 * @param directory Where the process' own file is: `src` or `dist`, beside `package.json`.
 */
export const readAbout = (directory: string): About =>
  JSON.parse(readFileSync(join(directory, "../package.json"), "utf8")) as About;
