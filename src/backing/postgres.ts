// Attaches PostgreSQL by URL: a pool that survives the database's absence and tells it apart from wrong SQL.
import type * as pg from "pg";
import { BackingServiceUnavailable } from "./unavailable";

/** How a database is attached. */
export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database` */
  url: string;
  poolSize: number;
  /** How long to wait for a connection, in milliseconds. */
  connectTimeoutMs: number;
  /** How long a statement may run, in milliseconds. */
  statementTimeoutMs: number;
  /** Called when a connection breaks while nobody uses it; the pool has dropped it already. */
  onIdleError: (err: Error) => void;
}

/** An attached PostgreSQL database. */
export interface Database {
  /**
   * Runs one parameterised statement and resolves with its rows.
   * @throws BackingServiceUnavailable when the database is down, unreachable or too slow.
   */
  query: <Row extends pg.QueryResultRow>(
    text: string,
    values?: readonly unknown[],
  ) => Promise<Row[]>;
  /** Resolves when the database answers. @throws BackingServiceUnavailable */
  ping: () => Promise<void>;
  close: () => Promise<void>;
}

/** The server ends a slow statement itself; when even that gets no answer, the connection is given up this much later. */
const UNANSWERED_MS = 1000;

/** Attaches a database; its client is loaded, and connections are opened, when first needed. */
export function createDatabase(options: DatabaseOptions): Database {
  let pool: pg.Pool | undefined;

  const query: Database["query"] = async <Row extends pg.QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
  ) => {
    try {
      pool ??= createPool(options);
      return (await pool.query<Row>(text, [...values])).rows;
    } catch (err) {
      throw isUnavailable(err) ? new BackingServiceUnavailable("database", err) : err;
    }
  };

  return {
    query,
    ping: async () => {
      await query("SELECT 1");
    },
    close: async () => pool?.end(),
  };
}

function createPool(options: DatabaseOptions): pg.Pool {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- here, it delays the port by a tenth less
  const { Pool } = require("pg") as typeof pg;
  const pool = new Pool({
    connectionString: options.url,
    max: options.poolSize,
    connectionTimeoutMillis: options.connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    query_timeout: options.statementTimeoutMs + UNANSWERED_MS,
    keepAlive: true,
  });
  return pool.on("error", options.onIdleError);
}

/**
 * Classes of SQLSTATE that blame the server or its configuration, not the statement: connection, authorization,
 * unknown database, resources, operator intervention (shutdown, statement timeout), system error.
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const UNAVAILABLE_SQLSTATE = /^(08|28|3D|53|57|58)...$/;

/** What the server has not said itself is about reaching it, unless the values could not be sent at all. */
function isUnavailable(err: unknown): boolean {
  if (isDatabaseError(err)) return UNAVAILABLE_SQLSTATE.test(err.code ?? "");
  return !(err instanceof TypeError || err instanceof RangeError);
}

/** What the server says has a severity. */
const isDatabaseError = (err: unknown): err is pg.DatabaseError =>
  err instanceof Error && "severity" in err;
