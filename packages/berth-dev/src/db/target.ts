// Decides which database a command works on: never on another than that of `npm run dev` without being told.
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { parsePostgresUrl } from "berth/postgres";
import { readValues } from "../formation/env-file";
import { openDevelopmentDatabase, type Target } from "./development-database";
import type { Command, Options } from "./options";

/** Those after which what was there is gone, or something else is there. */
const CHANGING: readonly Command[] = ["rollback", "seed", "reset"];

/** @throws Error with the cure when it is not said plainly which database is meant. */
export async function openTarget(root: string, options: Options): Promise<Target> {
  const { command, isSure, port } = options;
  const env = { ...readValues(join(root, ".env")), ...process.env };
  const url = options.url ?? (env.DEV_DATABASE_URL || undefined);
  if (url === undefined) {
    // As `npm run dev` does, which uses it no more than this.
    if (env.DATABASE_URL)
      console.error(
        "db: DATABASE_URL is not used: this is the development database, --url URL names another one",
      );
    return openDevelopmentDatabase(root, port);
  }
  if (CHANGING.includes(command) && !isSure) await ask(command, url);
  return { url, close: () => Promise.resolve() };
}

async function ask(command: Command, url: string): Promise<void> {
  const { hosts, database = "postgres" } = parsePostgresUrl(url);
  const where = `database "${database}" at ${hosts.map(({ host, port }) => `${host}:${port}`).join(", ")}`;
  if (!process.stdin.isTTY) throw new Error(`${command} changes ${where}: add --yes if it shall`);
  const terminal = createInterface(process.stdin, process.stdout);
  const answer = await terminal.question(`${command} changes ${where}. Type its name to go on: `);
  terminal.close();
  if (answer !== database) throw new Error("that is not its name: nothing was touched");
}
