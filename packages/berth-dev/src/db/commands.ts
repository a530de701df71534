// The commands of `npm run db`.
import { existsSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import pino from "pino";
import { migrate, rollBack } from "berth/migrate";
import { createDatabase, type Database, type Queryable } from "berth/postgres";
import { describeJobs, retryJobs } from "./jobs";
import { listMigrations, MIGRATION_FILES } from "./migration-files";

/** What a command works on. */
export interface CommandContext {
  url: string;
  /** The folder of the sources, which is also the working directory: in an absolute glob, a folder's name could be a pattern. */
  src: string;
  /** The arguments after the command. */
  args: string[];
}

const START_TIMEOUT_MS = 30_000;
/** A seed may take long. */
const STATEMENT_TIMEOUT_MS = 600_000;

const logger = pino({ level: "silent" });
const migrationOptions = ({ url }: CommandContext) => ({
  url,
  files: MIGRATION_FILES,
  logger,
  startTimeoutMs: START_TIMEOUT_MS,
});

export async function migrateAll(context: CommandContext): Promise<void> {
  const applied = await migrate(migrationOptions(context));
  console.log(applied.length > 0 ? `applied ${applied.join(", ")}` : "nothing to apply");
}

export async function rollBackLast(context: CommandContext): Promise<void> {
  const undone = await rollBack(migrationOptions(context));
  console.log(undone === undefined ? "nothing to roll back" : `rolled back ${undone}`);
}

/** Prints the state of each migration, including those whose file is missing. */
export async function printStatus({ url, src }: CommandContext): Promise<void> {
  const applied = await withDatabase(url, appliedMigrations);
  const present = listMigrations(src);
  for (const name of [...new Set([...present, ...applied])].sort()) {
    const state = applied.includes(name) ? "applied" : "pending";
    console.log(`${state}  ${name}${present.includes(name) ? "" : "  (its file is missing)"}`);
  }
}

/** The names of the applied migrations, in the order in which they were applied. */
export async function appliedMigrations({ query }: Queryable): Promise<string[]> {
  const [table] = await query("SELECT FROM pg_class WHERE oid = to_regclass('migrations')");
  if (!table) return [];
  const applied = await query<{ name: string }>("SELECT name FROM migrations ORDER BY id");
  return applied.map(({ name }) => name);
}

/** Prints the jobs; or tries those again that the arguments after `retry` name. */
export async function printJobs({ url, args: [action, ...names] }: CommandContext): Promise<void> {
  const ids = names.includes("all") ? undefined : [...new Set(names)];
  const lines =
    action === "retry"
      ? [await withDatabase(url, ({ transaction }) => transaction((tx) => retryJobs(tx, ids)))]
      : await withDatabase(url, describeJobs);
  console.log(lines.join("\n"));
}

/** @throws Error with the cure when there is no seed. */
export async function seed(context: CommandContext): Promise<void> {
  if (!existsSync(join(context.src, "seed.ts"))) {
    throw new Error(
      "src/seed.ts does not exist: let it export async function seed(tx: Transaction), which can run twice (ON CONFLICT DO NOTHING)",
    );
  }
  await runSeed(context);
}

async function runSeed({ url, src }: CommandContext): Promise<void> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the service's TypeScript file
  const seedModule = require(join(src, "seed.ts")) as { seed?: (tx: Queryable) => Promise<void> };
  const { seed } = seedModule;
  if (typeof seed !== "function") throw new Error("src/seed.ts exports no function seed(tx)");
  await withDatabase(url, ({ transaction }) => transaction(seed));
  console.log("seeded from src/seed.ts");
}

/** Drops all schemas, and so everything that migrations create, and creates an empty `public`. */
const REMOVE_EVERYTHING = `
  DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT nspname FROM pg_namespace
                WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%' LOOP
      EXECUTE format('DROP SCHEMA %I CASCADE', name);
    END LOOP;
    CREATE SCHEMA public;
  END $$`;

export async function reset(context: CommandContext): Promise<void> {
  await withDatabase(context.url, ({ query }) => query(REMOVE_EVERYTHING));
  await migrateAll(context);
  if (existsSync(join(context.src, "seed.ts"))) await runSeed(context);
}

/** Sets the exit code to psql's. @throws Error when psql is not installed. */
export async function openPsql({ url, args }: CommandContext): Promise<void> {
  // psql handles Ctrl-C itself: it cancels a statement.
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
