// What `npm run db` can do with a database.
import { existsSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import pino from "pino";
import { migrate, rollBack } from "berth/migrate";
import { createDatabase, type Database, type Queryable } from "berth/postgres";
import { listMigrations, MIGRATION_FILES } from "./migration-files";

/** What a command works on. */
export interface Work {
  url: string;
  /** The folder of the sources; the working directory, too, as a glob would take some folders' names for patterns. */
  src: string;
  /** What follows the command. */
  args: string[];
}

const START_TIMEOUT_MS = 30_000;
/** A seed may take its time. */
const STATEMENT_TIMEOUT_MS = 600_000;

const logger = pino({ level: "silent" });
const how = ({ url }: Work) => ({
  url,
  files: MIGRATION_FILES,
  logger,
  startTimeoutMs: START_TIMEOUT_MS,
});

export async function migrateAll(work: Work): Promise<void> {
  const applied = await migrate(how(work));
  console.log(applied.length > 0 ? `applied ${applied.join(", ")}` : "nothing to apply");
}

export async function rollBackLast(work: Work): Promise<void> {
  const undone = await rollBack(how(work));
  console.log(undone === undefined ? "nothing to undo" : `undone ${undone}`);
}

/** Prints each migration that there is, in the files or in the database. */
export async function printStatus({ url, src }: Work): Promise<void> {
  const applied = await withDatabase(url, appliedMigrations);
  const present = listMigrations(src);
  for (const name of [...new Set([...present, ...applied])].sort()) {
    const state = applied.includes(name) ? "applied" : "pending";
    console.log(`${state}  ${name}${present.includes(name) ? "" : "  (its file is gone)"}`);
  }
}

async function appliedMigrations({ query }: Database): Promise<string[]> {
  const [table] = await query("SELECT FROM pg_class WHERE oid = to_regclass('migrations')");
  if (!table) return [];
  const applied = await query<{ name: string }>("SELECT name FROM migrations");
  return applied.map(({ name }) => name);
}

/** @throws Error with the cure when there is no seed. */
export async function seed(work: Work): Promise<void> {
  if (!existsSync(join(work.src, "seed.ts"))) {
    throw new Error(
      "there is no src/seed.ts: let it export async function seed(tx: Transaction), which may run twice (ON CONFLICT DO NOTHING)",
    );
  }
  await sow(work);
}

async function sow({ url, src }: Work): Promise<void> {
  // Your file, which may not be there.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- it is TypeScript
  const own = require(join(src, "seed.ts")) as { seed?: (tx: Queryable) => Promise<void> };
  const { seed } = own;
  if (typeof seed !== "function") throw new Error("src/seed.ts exports no function seed(tx)");
  await withDatabase(url, ({ transaction }) => transaction(seed));
  console.log("seeded by src/seed.ts");
}

/** Schemas hold all that migrations make; `public` is there again, as in a new database. */
const REMOVE_EVERYTHING = `
  DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT nspname FROM pg_namespace
                WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%' LOOP
      EXECUTE format('DROP SCHEMA %I CASCADE', name);
    END LOOP;
    CREATE SCHEMA public;
  END $$`;

export async function reset(work: Work): Promise<void> {
  await withDatabase(work.url, ({ query }) => query(REMOVE_EVERYTHING));
  await migrateAll(work);
  if (existsSync(join(work.src, "seed.ts"))) await sow(work);
}

/** @throws Error when psql is missing, or what it ends with. */
export async function openPsql({ url, args }: Work): Promise<void> {
  // Ctrl-C is psql's: it ends a statement, not psql.
  process.on("SIGINT", () => undefined);
  const psql = spawn("psql", [url, ...args], { stdio: "inherit" });
  const [code] = (await once(psql, "close").catch((err: NodeJS.ErrnoException) => {
    if (err.code !== "ENOENT") throw err;
    const cure = "apt install postgresql-client, or brew install libpq";
    throw new Error(`psql is not installed: ${cure}`, { cause: err });
  })) as [number | null];
  process.exitCode = code ?? 1;
}

async function withDatabase<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = createDatabase({
    url,
    poolSize: 1,
    connectTimeoutMs: START_TIMEOUT_MS,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    logger,
  });
  return work(database).finally(() => database.close());
}
