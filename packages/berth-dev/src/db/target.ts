// Chooses the database that a command works on: the development database, unless another one is named.
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { parsePostgresUrl } from "berth/postgres";
import { readValues } from "../formation/environment";
import { openDevelopmentDatabase, type Target } from "./development-database";
import type { Options } from "./options";

/** The commands that delete or change data. */
const CHANGING: readonly string[] = ["rollback", "seed", "reset", "jobs retry"];

/** @throws Error with the cure when a change of another database is not confirmed. */
export async function openTarget(root: string, options: Options): Promise<Target> {
  const { isSure, port } = options;
  const command = [options.command, ...options.args.slice(0, 1)].join(" ");
  const env = { ...readValues(join(root, ".env")), ...process.env };
  const url = options.url ?? (env.DEV_DATABASE_URL || undefined);
  if (url === undefined) {
    // `npm run dev` ignores it too, and prints the same.
    if (env.DATABASE_URL)
      console.error(
        "db: DATABASE_URL is ignored: this is the development database, --url URL selects another one",
      );
    return openDevelopmentDatabase(root, port);
  }
  if (CHANGING.includes(command) && !isSure) await confirm(command, url);
  return { url, close: () => Promise.resolve() };
}

async function confirm(command: string, url: string): Promise<void> {
  const { hosts, database = "postgres" } = parsePostgresUrl(url);
  const where = `database "${database}" at ${hosts.map(({ host, port }) => `${host}:${port}`).join(", ")}`;
  if (!process.stdin.isTTY) throw new Error(`${command} changes ${where}: add --yes to confirm`);
  const terminal = createInterface(process.stdin, process.stdout);
  const answer = await terminal.question(`${command} changes ${where}. Type its name to confirm: `);
  terminal.close();
  if (answer !== database) throw new Error("that is not its name: nothing was changed");
}
