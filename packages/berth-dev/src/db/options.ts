// The command line of `npm run db`.
import { parseCommandLine, parsePort, UsageError } from "port-contract/args";

export const usage = `Usage: npm run db -- COMMAND [options]

Works on the database of npm run dev, which is started for the command if it is not running, or on the one that
DEV_DATABASE_URL names in the environment or in .env.

  migrate               apply the pending migrations
  rollback              undo the last migration
  status                list the migrations, applied and pending
  jobs                  count the jobs that wait, run and have failed, and list those that failed
  jobs retry ID…        try failed jobs again; "all" for all of them
  seed                  run src/seed.ts in a transaction
  reset                 drop everything in the database, then migrate and seed
  new FEATURE/NAME      write a migration: src/features/FEATURE/migrations/<time>_NAME.ts
  psql [-- ARGS]        open psql

  -p PORT               the first port of npm run dev, if it is not the default
  --url URL             use this database instead of the development database
  --yes                 do not ask before changing that database
  --help                show this`;

const COMMANDS = ["migrate", "rollback", "status", "jobs", "seed", "reset", "new", "psql"] as const;
export type Command = (typeof COMMANDS)[number];

export interface Options {
  command: Command;
  /** The arguments after the command. */
  args: string[];
  /** A database other than the development database. */
  url: string | undefined;
  /** Whether to skip the confirmation. */
  isSure: boolean;
  /** The first port of the development formation. */
  port: number | undefined;
}

/**
 * Reads the arguments after the script's name. Undefined for --help.
 * @throws UsageError with the cure.
 */
export function readOptions(args: string[]): Options | undefined {
  const { values, positionals } = parseCommandLine(
    args,
    {
      p: { type: "string", short: "p" },
      url: { type: "string" },
      yes: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
    { usage },
  );
  const [command, ...rest] = positionals;
  if (values.help) return undefined;
  if (!isCommand(command)) {
    throw new UsageError(
      `${command ? `unknown command "${command}"` : "name a command"}\n\n${usage}`,
    );
  }
  if (command === "jobs" && rest.length > 0) checkRetry(rest);
  const wanted = command === "new" ? 1 : 0;
  if (command !== "jobs" && command !== "psql" && rest.length !== wanted) {
    throw new UsageError(
      command === "new"
        ? "name the migration: npm run db -- new FEATURE/NAME"
        : `${command} does not take the argument "${rest[0]}"`,
    );
  }
  return {
    command,
    args: rest,
    url: values.url,
    isSure: values.yes ?? false,
    port: values.p === undefined ? undefined : parsePort("-p", values.p),
  };
}

/** PostgreSQL's bigint has up to 19 digits. */
const JOB_ID = /^\d{1,18}$/;

/** @throws UsageError */
function checkRetry([action, ...names]: string[]): void {
  if (action !== "retry") throw new UsageError(`jobs does not take the argument "${action}"`);
  const wrong = names.find((name) => !JOB_ID.test(name) && !(name === "all" && names.length === 1));
  if (wrong === undefined && names.length > 0) return;
  throw new UsageError(
    `${wrong === undefined ? "name the jobs" : `"${wrong}" is no id of a job`}: npm run db -- jobs retry ID…, or all`,
  );
}

const isCommand = (text: string | undefined): text is Command => COMMANDS.includes(text as Command);
