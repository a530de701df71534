// The sample's whole surroundings: a migrated database of its own, and what attaches it.
import { createDatabase, type Database } from "../../src/backing/postgres";
import { createTestLogger } from "./app";
import { startTestPostgres, type TestPostgres } from "./postgres";
import { startProcess } from "./process";

/** Starts a database and applies the migrations with the built release process. */
export async function startMigratedPostgres(): Promise<TestPostgres> {
  const postgres = await startTestPostgres();
  const release = startProcess("dist/migrate.js", { DATABASE_URL: postgres.url });
  if ((await release.exit) !== 0) throw new Error(release.lines.join("\n") + release.stderr());
  return postgres;
}

/** How many connections `attach` may open. */
export const POOL_SIZE = 4;

/** Attaches a database with short timeouts. */
export const attach = (url: string): Database =>
  createDatabase({
    url,
    poolSize: POOL_SIZE,
    connectTimeoutMs: 2_000,
    statementTimeoutMs: 2_000,
    logger: createTestLogger().logger,
  });
