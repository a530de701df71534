// Attaches a database for tests.
import { createDatabase, type Database } from "../../src/postgres/database";
import { createTestLogger } from "../../src/testing/app";

/** The pool size of `attach`. */
export const POOL_SIZE = 4;

/**
 * Attaches the database with this URL.
 * @param limitMs The statement timeout; a busy machine may exceed the default.
 * @param connectTimeoutMs The connect timeout; `limitMs` by default.
 */
export const attach = (url: string, limitMs = 2000, connectTimeoutMs = limitMs): Database =>
  createDatabase({
    url,
    poolSize: POOL_SIZE,
    connectTimeoutMs,
    statementTimeoutMs: limitMs,
    logger: createTestLogger().logger,
  });
