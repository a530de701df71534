// Decides which database a command works on: never on another than the development one without being told.
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { parsePostgresUrl } from "../../../src/chassis/backing/postgres-url";
import { readValues } from "../formation/env-file";
import { developmentUrl, openDevelopmentDatabase, type Target } from "./development-database";
import type { Command, Options } from "./options";

/** Those after which what was there is gone, or something else is there. */
const CHANGING: readonly Command[] = ["rollback", "seed", "reset"];

/** @throws Error with the cure when it is not said plainly which database is meant. */
export async function openTarget(root: string, options: Options): Promise<Target> {
  const { command, url, isSure, port } = options;
  if (url === undefined) {
    refuseWhenAttachedElsewhere(root, port);
    return openDevelopmentDatabase(root, port);
  }
  if (CHANGING.includes(command) && !isSure) await ask(command, url);
  return { url, close: () => Promise.resolve() };
}

/** Whoever has set DATABASE_URL may mean that database, or forget that the service uses it. */
function refuseWhenAttachedElsewhere(root: string, port: number | undefined): void {
  const attached = process.env.DATABASE_URL ?? readValues(join(root, ".env")).DATABASE_URL;
  if (!attached || attached === developmentUrl(root, port)) return;
  throw new Error(
    "DATABASE_URL is set, and nothing was touched: name that database by --url URL, or unset it to mean the development database",
  );
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
