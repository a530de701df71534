// Attaches a database as a service does.
import { createDatabase, type Database } from "../../src/postgres/database";
import { createTestLogger } from "../../src/testing/app";

/** How many connections `attach` may open. */
export const POOL_SIZE = 4;

/**
 * Attaches the database with this URL.
 * @param limitMs How long anything may take; a busy machine exceeds the default.
 * @param connectTimeoutMs How long to wait for a connection, unless it is the same.
 */
export const attach = (url: string, limitMs = 2000, connectTimeoutMs = limitMs): Database =>
  createDatabase({
    url,
    poolSize: POOL_SIZE,
    connectTimeoutMs,
    statementTimeoutMs: limitMs,
    logger: createTestLogger().logger,
  });
