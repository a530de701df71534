// Attaches a database as a service does, with short timeouts.
import { createDatabase, type Database } from "../../../src/chassis/backing/postgres";
import { createTestLogger } from "./app";

/** How many connections `attach` may open. */
export const POOL_SIZE = 4;

/** Attaches the database with this URL. */
export const attach = (url: string): Database =>
  createDatabase({
    url,
    poolSize: POOL_SIZE,
    connectTimeoutMs: 2_000,
    statementTimeoutMs: 2_000,
    logger: createTestLogger().logger,
  });
