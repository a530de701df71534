// Where the command `berth` is, for the programs that start another of its programs.
import { join } from "node:path";

/** The command line of one of them, such as `postgres`. */
export const berth = (command: string, ...args: string[]): [string, ...string[]] => [
  process.execPath,
  join(__dirname, "../bin/berth.js"),
  command,
  ...args,
];
