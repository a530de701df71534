// Runs a command that changes the service in the working directory.
import { UsageError } from "port-contract/args";

/** What a command does in a folder, with its arguments. @returns The exit code. */
export type Command = (root: string, args: readonly string[]) => Promise<number>;

/** Runs the command with the arguments of this process; a UsageError is printed as one line, with exit code 2. */
export function runCommand(name: string, command: Command): void {
  command(process.cwd(), process.argv.slice(2)).then(
    (code) => {
      process.exitCode = code;
    },
    (err: unknown) => {
      if (!(err instanceof UsageError)) throw err;
      console.error(`${name}: ${err.message}`);
      process.exitCode = 2;
    },
  );
}
