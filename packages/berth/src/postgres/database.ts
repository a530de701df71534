// Attaches PostgreSQL by URL: a pool that survives the database's absence and tells it apart from wrong SQL.
import type { Logger } from "pino";
import type * as pg from "pg";
import type { ConfigOf } from "../process/environment";
import { keepWorkContextsIfFree } from "../process/work-context";
import { createConnectionPool } from "./connection-pool";
import type * as PostgresConnect from "./connect";
import { isFull, isHarmless, isReadOnly, isUnavailable } from "./errors";
import { acceptPoolers } from "./pooler";
import { sayHowSafe } from "./tls-warnings";
import { checkTlsFiles } from "./tls";
import { parsePostgresUrl } from "./url";
import {
  createTransactions,
  type Queryable,
  type RunTransaction,
  TransactionError,
} from "./transactions";
import type { postgresVariables } from "./variables";
import type { AttachOptions, BackingService } from "../backing/attach";
import { BackingServiceUnavailable } from "../backing/unavailable";
import { withComment } from "./statement-comment";

/** How a database is attached. */
export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database`, with any of libpq's parameters that are supported. */
  url: string;
  poolSize: number;
  /** How long to wait for a connection, in milliseconds. */
  connectTimeoutMs: number;
  /** How long a statement may run, in milliseconds. */
  statementTimeoutMs: number;
  /** What the server's list of connections shows. */
  applicationName?: string;
  /** Told of idle connections that break, and of what is not verified about the server. */
  logger: Pick<Logger, "info" | "warn">;
}

/** An attached PostgreSQL database. */
export interface Database extends Queryable {
  transaction: RunTransaction;
  /** Resolves when the database lets this process in and answers. @throws BackingServiceUnavailable */
  ping: () => Promise<void>;
  close: () => Promise<void>;
}

/** How recent an answer proves that the database still answers, in milliseconds. */
const RECENT_MS = 1000;

/** The entry of a database among a process' backing services: without it, the process is not ready. */
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
 * Attaches a database; its client is loaded, and connections are opened, when first needed.
 * @throws PostgresUrlError when the URL, or a file that it names, is of no use.
 */
export function createDatabase(options: DatabaseOptions): Database {
  // For the comments that tell the database's log which request a statement is for, but not for a quarter of its speed.
  keepWorkContextsIfFree();
  const settings = parsePostgresUrl(options.url);
  checkTlsFiles(settings);
  const { logger, connectTimeoutMs: timeoutMs } = options;
  const onConnect = sayHowSafe(settings, logger);
  const connect = acceptPoolers((how) => loadConnect()(how), logger);
  const open = () => connect({ ...options, settings, timeoutMs, onConnect });
  const pool = createConnectionPool({
    size: options.poolSize,
    waitMs: timeoutMs,
    connect: open,
    onIdleError: (err) => logger.warn({ err }, "an idle database connection broke"),
  });

  /** What the caller is told: that waiting may help, or what is wrong with the statement. */
  const explain = (err: unknown): unknown => {
    if (isReadOnly(err)) pool.renew();
    return isUnavailable(err) ? new BackingServiceUnavailable("database", err) : err;
  };

  const query: Database["query"] = async <Row extends object>(
    text: string,
    values: readonly unknown[] = [],
  ) => {
    let client: pg.Client | undefined;
    let rows: Row[];
    try {
      const lent = pool.lend();
      client = lent instanceof Promise ? await lent : lent;
      ({ rows } = await client.query<Row>(withComment(text), [...values]));
    } catch (err) {
      if (client) pool.giveBack(client, isHarmless(err));
      throw explain(err);
    }
    const isIntact = client.getTransactionStatus() === "I";
    pool.giveBack(client, isIntact);
    if (!isIntact) throw new TransactionError(LEFT_OPEN);
    return rows;
  };

  /** Connections that all wait for one slow table say nothing of the database: another one does. */
  async function askOutsideThePool(): Promise<void> {
    try {
      const client = await open();
      await client.end();
    } catch (err) {
      // It has answered, and lets this process in: in the connections that are lent.
      if (!isFull(err)) throw new BackingServiceUnavailable("database", err);
    }
  }

  let asking: Promise<void> | undefined;

  return {
    query,
    transaction: createTransactions({ pool, idleMs: options.statementTimeoutMs, explain }),
    ping: async () => {
      if (!pool.isBusy()) await query("SELECT 1");
      else if (performance.now() - pool.lastAnswerAt() > RECENT_MS) {
        await (asking ??= askOutsideThePool().finally(() => (asking = undefined)));
      }
    },
    close: () => pool.close(),
  };
}

const LEFT_OPEN =
  "The statement has begun a transaction that others' statements would get into: use transaction(), which has a connection of its own; this one was rolled back";

/** pg comes with it: loaded at start, it would delay the port by a tenth. */
const loadConnect = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start
  (require("./connect") as typeof PostgresConnect).connect;
