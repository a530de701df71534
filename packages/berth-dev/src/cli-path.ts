// Finds the command `berth`, for programs that start another of its commands.
import { join } from "node:path";

/** Returns the command line of `berth COMMAND`. */
export const berth = (command: string, ...args: string[]): [string, ...string[]] => [
  process.execPath,
  join(__dirname, "../bin/berth.js"),
  command,
  ...args,
];
