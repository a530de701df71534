// The service's name and version, and the signal that its process drains: what features get besides backing services.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The service's name and version. */
export interface About {
  name: string;
  version: string;
}

/** What features get from the process that they run in, besides its backing services. */
export interface ProcessServices {
  about: About;
  /** Aborted when draining begins: long-lived responses, such as long polls, should end then. */
  draining: AbortSignal;
}

/**
 * Reads the service's name and version from its `package.json`.
 * @param directory `__dirname` of a file in `src` or `dist`, the folders beside `package.json`.
 */
export const readAbout = (directory: string): About =>
  JSON.parse(readFileSync(join(directory, "../package.json"), "utf8")) as About;
