// Attaches PostgreSQL by URL: a connection pool that survives outages, and 503 for them, but not for wrong SQL.
import type { Logger } from "pino";
import type * as pg from "pg";
import type { ConfigOf } from "../process/environment";
import { keepWorkContexts, keepWorkContextsIfFree } from "../process/work-context";
import type { AttachOptions, BackingService } from "../backing/attach";
import { BackingServiceUnavailable } from "../backing/unavailable";
import { createConnectionPool } from "./connection-pool";
import type * as PostgresClient from "./client";
import type * as PostgresConnect from "./connect";
import { isAtConnectionLimit, isReadOnly, isReusableAfter, isUnavailable } from "./errors";
import { createNotifications, type Listen } from "./notifications";
import { acceptPoolers } from "./pooler";
import { createRowStreams, type StreamRows } from "./row-stream";
import { createTlsWarnings } from "./tls-warnings";
import { checkTlsFiles } from "./tls";
import { parsePostgresUrl } from "./url";
import {
  createTransactions,
  type Queryable,
  type RunTransaction,
  TransactionError,
} from "./transactions";
import type { postgresVariables } from "./variables";
import { createStatementRunner } from "./statements";

/** The options of a database. */
export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database`, with any of the supported libpq parameters. */
  url: string;
  /** The most connections. */
  poolSize: number;
  /** The longest wait for a connection, in milliseconds. */
  connectTimeoutMs: number;
  /** The statement timeout, in milliseconds. */
  statementTimeoutMs: number;
  /** The name in `pg_stat_activity`. */
  applicationName?: string;
  /** From how many milliseconds on a statement is a warning in the log; 1000 by default, 0 for never. */
  slowStatementMs?: number;
  /**
   * Logs idle connections that break, and connections without encryption or verification; statements, at level `debug`, with
   * their values at `trace`; slow statements at `warn`.
   */
  logger: Pick<Logger, "info" | "warn" | "debug" | "isLevelEnabled">;
}

/** An attached PostgreSQL database. */
export interface Database extends Queryable {
  transaction: RunTransaction;
  stream: StreamRows;
  listen: Listen;
  /** Resolves if the database accepts the login and responds. @throws BackingServiceUnavailable */
  ping: () => Promise<void>;
  close: () => Promise<void>;
}

const SLOW_STATEMENT_MS = 1000;

/** How long a response counts as proof that the database is up, in milliseconds. */
const PROOF_MS = 1000;

/** The backing service entry of the database, which the process needs to be ready. */
export function attachDatabase({
  config,
  logger,
  name,
}: AttachOptions<ConfigOf<typeof postgresVariables>>): BackingService<Database> {
  const database = createDatabase({
    url: config.DATABASE_URL,
    poolSize: config.DATABASE_POOL_SIZE,
    connectTimeoutMs: config.DATABASE_CONNECT_TIMEOUT_MS,
    statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
    slowStatementMs: config.DATABASE_SLOW_STATEMENT_MS,
    applicationName: name,
    logger,
  });
  return {
    use: database,
    check: database.ping,
    isRequired: true,
    maxConnections: config.DATABASE_POOL_SIZE,
    close: database.close,
  };
}

/**
 * Attaches a database; pg is loaded and connections are opened on demand.
 * @throws PostgresUrlError when the URL, or a file that it names, is invalid.
 */
export function createDatabase(options: DatabaseOptions): Database {
  // For request ids in SQL comments. Before Node 24 it would cost a quarter of the speed; who logs statements has that time.
  if (options.logger.isLevelEnabled("debug")) keepWorkContexts();
  else keepWorkContextsIfFree();
  const settings = parsePostgresUrl(options.url);
  checkTlsFiles(settings);
  const { logger, connectTimeoutMs: timeoutMs, slowStatementMs = SLOW_STATEMENT_MS } = options;
  const onConnect = createTlsWarnings(settings, logger);
  const connect = acceptPoolers((connectOptions) => loadConnect()(connectOptions), logger);
  const open = () => connect({ ...options, settings, timeoutMs, onConnect });
  const pool = createConnectionPool({
    size: options.poolSize,
    waitMs: timeoutMs,
    connect: open,
    onIdleError: (err) => logger.warn({ err }, "an idle database connection broke"),
  });

  const notifications = createNotifications({ open, logger });

  const runner = createStatementRunner({ logger, slowStatementMs });

  /** The error for the caller of a statement: 503 if the database is unavailable, otherwise the error itself. */
  const toCallerError = (err: unknown): unknown => {
    if (isReadOnly(err)) pool.renew();
    return isUnavailable(err) ? new BackingServiceUnavailable("database", err) : err;
  };

  const query: Database["query"] = async <Row extends object>(
    text: string,
    values: readonly unknown[] = [],
  ) => {
    runner.remember(text, query);
    let client: pg.Client | undefined;
    let rows: Row[];
    try {
      const acquired = pool.acquire();
      client = acquired instanceof Promise ? await acquired : acquired;
      rows = await runner.run<Row>(client, text, values);
    } catch (err) {
      if (client) pool.release(client, isReusableAfter(err));
      throw toCallerError(err);
    }
    const isIntact = client.getTransactionStatus() === "I";
    pool.release(client, isIntact);
    if (!isIntact) throw new TransactionError(LEFT_OPEN);
    return rows;
  };

  /** Pings over a separate connection: if a locked table blocks all others, the database is still up. */
  async function pingOutsideThePool(): Promise<void> {
    try {
      const client = await open();
      await client.end();
    } catch (err) {
      // At its connection limit, the server is up, and serves the open connections of this process.
      if (!isAtConnectionLimit(err)) throw new BackingServiceUnavailable("database", err);
    }
  }

  let pinging: Promise<void> | undefined;

  return {
    query,
    transaction: createTransactions({
      pool,
      runner,
      idleMs: options.statementTimeoutMs,
      toCallerError,
    }),
    stream: createRowStreams({
      ...{ pool, runner, toCallerError, statementTimeoutMs: options.statementTimeoutMs },
      maxStreams: Math.max(1, Math.floor(options.poolSize / 2)),
      cancel: (client) => loadClient().cancelStatement(client),
    }),
    ping: async () => {
      if (!pool.isBusy()) await query("SELECT 1");
      else if (performance.now() - pool.lastResponseAt() > PROOF_MS) {
        await (pinging ??= pingOutsideThePool().finally(() => (pinging = undefined)));
      }
    },
    listen: notifications.listen,
    close: async () => {
      await Promise.all([notifications.close(), pool.close()]);
    },
  };
}

const LEFT_OPEN =
  "The statement began a transaction on a shared connection: use transaction(), which has a connection of its own; this one was rolled back";

const loadClient = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- it loads pg, as below
  require("./client") as typeof PostgresClient;

/** Loads pg, which would delay the listener by a tenth at start. */
const loadConnect = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start
  (require("./connect") as typeof PostgresConnect).connect;
