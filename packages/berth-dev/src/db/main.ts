// `npm run db`: commands for a database, by default the development database.
import { join, relative } from "node:path";
import { reasonOf } from "berth/postgres";
import { BackingServiceUnavailable } from "berth/backing";
import { loadTypeScript } from "../typescript";
import {
  migrateAll,
  openPsql,
  printJobs,
  printStatus,
  reset,
  rollBackLast,
  seed,
  type CommandContext,
} from "./commands";
import { writeMigration } from "./new-migration";
import { type Command, readOptions, usage } from "./options";
import { openTarget } from "./target";

const HANDLERS: Readonly<
  Record<Exclude<Command, "new">, (context: CommandContext) => Promise<void>>
> = {
  migrate: migrateAll,
  rollback: rollBackLast,
  status: printStatus,
  jobs: printJobs,
  seed,
  reset,
  psql: openPsql,
};

async function main(root: string): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (!options) return console.log(usage);
  const { command, args } = options;
  const src = join(root, "src");
  if (command === "new") {
    return console.log(relative(root, writeMigration(src, args[0] as string, new Date())));
  }
  const { url, close } = await openTarget(root, options);
  loadTypeScript();
  process.chdir(src);
  try {
    await HANDLERS[command]({ url, src, args });
  } finally {
    await close();
  }
}

main(process.cwd()).catch((err: Error) => {
  // The message is for HTTP clients, and lacks the reason.
  const isUnavailable = err instanceof BackingServiceUnavailable;
  console.error(`db: ${err.message}${isUnavailable ? ` ${reasonOf(err.cause)}` : ""}`);
  process.exitCode = 1;
});
