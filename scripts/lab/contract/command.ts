// The program under test, as it is run: by the shell like a Procfile line, or as an argv.
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
