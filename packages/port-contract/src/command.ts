// The command of the program under test: a Procfile line run by the shell, or an argv.
import { existsSync, readFileSync } from "node:fs";
import { UsageError } from "./args";

/** A program to start, and how reports display it. */
export interface Command {
  readonly shown: string;
  readonly argv: readonly [string, ...string[]];
}

/**
 * Turns the arguments after `--` into a command: a single one is a Procfile line for `sh -c`, several are an argv.
 *
 * @throws UsageError when there is no argument, or the first one is blank
 */
export function commandFrom(args: readonly string[]): Command {
  const [program, ...rest] = args;
  if (!program?.trim()) throw new UsageError("the command after -- is empty");
  if (rest.length === 0) return { shown: program, argv: ["sh", "-c", program] };
  return { shown: args.join(" "), argv: [program, ...rest] };
}

/** Reads the command of a process type from ./Procfile, if it has one. */
export function procfileCommand(type: string): Command | undefined {
  if (!/^[\w-]+$/.test(type) || !existsSync("Procfile")) return undefined;
  const line = new RegExp(`^${type}:\\s*(.+?)\\r?$`, "m").exec(
    readFileSync("Procfile", "utf8"),
  )?.[1];
  if (!line) return undefined;
  // Plain words run without a shell, as on Dokku: Debian's sh would stay as the parent process and get the signals.
  return commandFrom(/^[\w./ -]+$/.test(line) ? line.split(/ +/) : [line]);
}
