// The command `berth`, for programs that start another one of its commands.
import { join } from "node:path";

/** Returns the argv of `berth COMMAND ARGS…`. */
export const berth = (command: string, ...args: string[]): [string, ...string[]] => [
  process.execPath,
  join(__dirname, "../bin/berth.js"),
  command,
  ...args,
];
