// The worker's own database connections: for its statements, and as a pool for graphile-worker.
import { setTimeout as sleep } from "node:timers/promises";
import type { Client, Pool, PoolClient } from "pg";
import type { Logger } from "pino";
import type { ConfigOf } from "../process/environment";
import { connect } from "../postgres/connect";
import { type ConnectionPool, createConnectionPool } from "../postgres/connection-pool";
import { isDatabaseError, isReusableAfter, isUnavailable } from "../postgres/errors";
import { acceptPoolers } from "../postgres/pooler";
import { createStatementRunner } from "../postgres/statements";
import { createTlsWarnings } from "../postgres/tls-warnings";
import { createTransactions, type Queryable, type RunTransaction } from "../postgres/transactions";
import { parsePostgresUrl } from "../postgres/url";
import type { postgresVariables } from "../postgres/variables";

/** In addition, one connection listens for new jobs, and one sends heartbeats, which must not wait for any other statement. */
const SIZE = 2;

/**
 * The worker's connections, separate from those of handlers: a worker whose handlers use up all of theirs must not look dead.
 * `query` is for statements about runs, on graphile-worker's connections, and waits while the database is not available.
 */
export interface JobConnections extends Queryable {
  /** For graphile-worker. */
  pool: Pool;
  /** For statements about heartbeats and leases: rejects while the database is not available. */
  transaction: RunTransaction;
  close(): Promise<void>;
}

/**
 * Opens connections on demand, by the rules of `DATABASE_URL`, which graphile-worker's own pool would not follow.
 * @param onUnknown Called when it is unknown whether jobs were locked.
 */
export function openConnections(
  config: ConfigOf<typeof postgresVariables>,
  logger: Logger,
  onUnknown: () => void,
): JobConnections {
  const settings = parsePostgresUrl(config.DATABASE_URL);
  const timeoutMs = config.DATABASE_CONNECT_TIMEOUT_MS;
  const statementTimeoutMs = config.DATABASE_STATEMENT_TIMEOUT_MS;
  const onConnect = createTlsWarnings(settings, logger);
  const common = { settings, timeoutMs, statementTimeoutMs, applicationName: "worker", onConnect };
  const open = acceptPoolers(connect, logger);
  const openPool = (size: number) =>
    createConnectionPool({
      size,
      waitMs: timeoutMs,
      connect: () => open(common),
      onIdleError: (err) => logger.debug({ err }, "an idle connection of the worker broke"),
    });
  const connections = openPool(SIZE);
  const own = openPool(1);
  const pool = createPool(connections, () => open(common), onUnknown);
  return {
    pool,
    async query<Row>(text: string, values: readonly unknown[] = []) {
      const client = await pool.connect();
      try {
        const { rows } = await client.query({ text, values: [...values] });
        return rows as Row[];
      } finally {
        client.release();
      }
    },
    transaction: createTransactions({
      pool: own,
      runner: createStatementRunner({ logger, slowStatementMs: config.DATABASE_SLOW_STATEMENT_MS }),
      idleMs: statementTimeoutMs,
      toCallerError: (err) => err,
    }),
    async close() {
      pool.stop();
      await Promise.all([connections.close(), own.close()]);
    },
  };
}

type OnConnect = (err: Error | undefined, client?: PoolClient, release?: () => void) => void;

/** The delay between attempts to connect while the database is not available, in milliseconds. */
const RETRY_MS = 500;

/**
 * The part of a pool that graphile-worker uses. It waits while the database is not available: otherwise the end of a job could not
 * be written, graphile-worker would stop, and the job would run again.
 * @param onUnknown Called when a connection broke while jobs were being locked: they may or may not be locked.
 * @internal
 */
export function createPool(
  connections: ConnectionPool,
  open: () => Promise<Client>,
  onUnknown: () => void,
): Pool & { stop(this: void): void } {
  let isStopped = false;

  async function acquire(): Promise<Client> {
    for (;;) {
      try {
        return await connections.acquire();
      } catch (err) {
        if (isStopped) throw err;
        await sleep(RETRY_MS);
      }
    }
  }

  /** For statements, each of which may be repeated on another connection. */
  async function connectAgain(): Promise<PoolClient> {
    let client = await acquire();
    let isIntact = true;
    const query = async (statement: { text: string; values?: unknown[] }): Promise<unknown> => {
      for (;;) {
        try {
          return await client.query(statement);
        } catch (err) {
          isIntact = isReusableAfter(err);
          const locksJobs = LOCKS_JOBS.test(statement.text);
          if (locksJobs && !isIntact) onUnknown();
          if (locksJobs || isStopped || !isUnavailable(err)) throw err;
          if (isIntact) await sleep(RETRY_MS);
          else {
            connections.release(client, false);
            client = await acquire();
            isIntact = true;
          }
        }
      }
    };
    return { query, release: () => connections.release(client, isIntact) } as PoolClient;
  }

  /** For the connection that listens: when it breaks, graphile-worker requests another one. */
  function listen(callback: OnConnect): void {
    open().then(
      (client) => {
        const release = () => void client.end().catch(() => undefined);
        const query = (text: string) => client.query(text).catch(unlessUnsupported);
        const on = client.on.bind(client) as unknown;
        const removeListener = client.removeListener.bind(client) as unknown;
        callback(undefined, { query, release, on, removeListener } as PoolClient, release);
      },
      (err: Error) => callback(err),
    );
  }

  const pool = {
    connect: (callback?: OnConnect) => (callback ? listen(callback) : connectAgain()),
    stop: () => void (isStopped = true),
  };
  return pool as unknown as Pool & { stop(this: void): void };
}

/** Without notifications, as in some embedded or pooled databases, jobs are found by polling. */
function unlessUnsupported(err: unknown): void {
  if (!isDatabaseError(err) || err.code !== "0A000") throw err;
}

/** The statement that locks jobs: repeating it would lock further jobs. */
const LOCKS_JOBS = /attempts = jobs\.attempts \+ 1/;
