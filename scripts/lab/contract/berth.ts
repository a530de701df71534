// The kit without a command: Berth itself, built, run by the web line of its Procfile, with a database attached.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { type Command, commandFrom } from "./harness/command";
import { freePort } from "./harness/free-port";
import { startRun } from "./harness/run";
import { UsageError } from "./usage-error";
import { lastWords } from "./wording";

const bootMs = 60_000;

/** What there is to POST to in Berth, unless --body-path says otherwise; nothing once the sample is deleted. */
export const berthBodyPath = existsSync("src/features/notes") ? "/notes" : undefined;

/**
 * Reads the command of the `web:` line of ./Procfile.
 *
 * @throws UsageError when there is no such line, or when it runs a build that does not exist yet
 */
export function procfileCommand(): Command {
  const procfile = existsSync("Procfile") ? readFileSync("Procfile", "utf8") : "";
  const line = /^web:\s*(.+?)\r?$/m.exec(procfile)?.[1];
  if (!line)
    throw new UsageError("give a COMMAND after --, or run in a directory whose Procfile has web:");
  if (/\bdist\//.test(line) && !existsSync("dist"))
    throw new UsageError("dist/ is missing: npm run build first");
  // Plain words need no shell, and Dokku has none; Debian's would stay in front and answer for the program.
  return commandFrom(/^[\w./ -]+$/.test(line) ? line.split(/ +/) : [line]);
}

/** Attaches an embedded PostgreSQL with the schema in it, unless DATABASE_URL names another one; returns its end. */
export async function attachDatabase(): Promise<() => Promise<void>> {
  if (process.env.DATABASE_URL) return () => Promise.resolve();
  const database = startRun(
    [process.execPath, "--require", "ts-node/register", "scripts/dev/embedded-postgres/main.ts"],
    { port: String(await freePort()), env: { DATA_DIR: "memory://" } },
  );
  const announced = /ready on (postgres:\/\/\S+)/;
  if (!(await database.output.shows((text) => announced.test(text), bootMs)))
    throw new Error(`the embedded PostgreSQL is not ready: ${lastWords(database.output)}`);
  process.env.DATABASE_URL = announced.exec(database.output.text())?.[1];
  execFileSync(process.execPath, ["dist/migrate.js"], { stdio: ["ignore", "ignore", "inherit"] });
  return database.reap;
}
