// The program under test, as it is run: by the shell like a Procfile line, or as an argv.
import { existsSync, readFileSync } from "node:fs";
import { UsageError } from "./usage-error";

/** A program to start, and how to show it to a reader. */
export interface Command {
  readonly shown: string;
  readonly argv: readonly [string, ...string[]];
}

/**
 * Turns what stands after `--` into a command: one argument is a Procfile line and goes to `sh -c`, several are an argv.
 *
 * @throws UsageError when there is no argument, or an empty one
 */
export function commandFrom(args: readonly string[]): Command {
  const [program, ...rest] = args;
  if (!program?.trim()) throw new UsageError("the command after -- is empty");
  if (rest.length === 0) return { shown: program, argv: ["sh", "-c", program] };
  return { shown: args.join(" "), argv: [program, ...rest] };
}

/** Reads the command of a process type of ./Procfile, if there is one. */
export function procfileCommand(type: string): Command | undefined {
  if (!/^[\w-]+$/.test(type) || !existsSync("Procfile")) return undefined;
  const line = new RegExp(`^${type}:\\s*(.+?)\\r?$`, "m").exec(
    readFileSync("Procfile", "utf8"),
  )?.[1];
  // Plain words need no shell, and Dokku has none; Debian's would stay in front and answer for the program.
  if (!line) return undefined;
  return commandFrom(/^[\w./ -]+$/.test(line) ? line.split(/ +/) : [line]);
}
