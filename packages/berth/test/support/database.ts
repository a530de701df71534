// Attaches a database as a service does.
import { createDatabase, type Database } from "../../src/backing/postgres";
import { createTestLogger } from "../../src/testing/app";

/** The size of the connection pool. */
export const POOL_SIZE = 4;

/**
 * Attaches the database with this URL.
 * @param limitMs The limit of every operation; a busy machine exceeds the default.
 * @param connectTimeoutMs How long to wait for a connection; by default the same.
 */
export const attach = (url: string, limitMs = 2000, connectTimeoutMs = limitMs): Database =>
  createDatabase({
    url,
    poolSize: POOL_SIZE,
    connectTimeoutMs,
    statementTimeoutMs: limitMs,
    logger: createTestLogger().logger,
  });
