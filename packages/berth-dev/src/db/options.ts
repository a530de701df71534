// The command line of `npm run db`.
import { parseArgs } from "node:util";
import { parsePort } from "../formation/ports";

export const usage = `Usage: npm run db -- COMMAND [options]

Works on the database that npm run dev serves, started for the command when it does not run, or on the one that
DEV_DATABASE_URL names for npm run dev, in the environment or in .env.

  migrate               apply the migrations that it lacks
  rollback              undo the migration that was applied last
  status                list the migrations, applied and pending
  seed                  run src/seed.ts, in a transaction
  reset                 remove everything in it, then migrate and seed
  new FEATURE/NAME      write a migration: src/features/FEATURE/migrations/<time>_NAME.ts
  psql [-- ARGS]        open psql on it

  -p PORT               the first port of npm run dev, when it has others
  --url URL             another database than the development one
  --yes                 do not ask before changing that one
  --help                show this`;

const COMMANDS = ["migrate", "rollback", "status", "seed", "reset", "new", "psql"] as const;
export type Command = (typeof COMMANDS)[number];

export interface Options {
  command: Command;
  /** What follows the command. */
  args: string[];
  /** Another database than the development one. */
  url: string | undefined;
  /** Whether nobody needs to be asked. */
  isSure: boolean;
  /** The first port of the development formation. */
  port: number | undefined;
}

/**
 * Reads the arguments that follow the script's name; undefined when only help is asked for.
 * @throws Error with the cure when they are not understood.
 */
export function readOptions(args: string[]): Options | undefined {
  const { values, positionals } = parse(args);
  const [command, ...rest] = positionals;
  if (values.help) return undefined;
  if (!isCommand(command)) {
    throw new Error(
      `${command ? `there is no command "${command}"` : "name a command"}\n\n${usage}`,
    );
  }
  const wanted = command === "new" ? 1 : 0;
  if (command !== "psql" && rest.length !== wanted) {
    throw new Error(
      command === "new"
        ? "name the migration: npm run db -- new FEATURE/NAME"
        : `${command} takes no "${rest[0]}"`,
    );
  }
  return {
    command,
    args: rest,
    url: values.url,
    isSure: values.yes ?? false,
    port: values.p === undefined ? undefined : parsePort(values.p, "-p"),
  };
}

const isCommand = (text: string | undefined): text is Command => COMMANDS.includes(text as Command);

function parse(args: string[]) {
  const options = {
    p: { type: "string", short: "p" },
    url: { type: "string" },
    yes: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (err) {
    throw new Error(`${(err as Error).message}\n\n${usage}`, { cause: err });
  }
}
