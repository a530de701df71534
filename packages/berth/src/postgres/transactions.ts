// Runs the statements of a transaction on one connection, and commits all of them, or rolls all of them back.
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import type { ConnectionPool } from "./connection-pool";
import { isConflict, isDatabaseError, isIdleTimeout } from "./errors";
import type { StatementRunner } from "./statements";

/** A row whose columns the caller has not typed. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in pg, whose types an owner need not have
export type AnyRow = Record<string, any>;

/** What runs statements: the database, or a transaction. */
export interface Queryable {
  /**
   * Runs one parameterized statement and resolves with its rows.
   * @throws BackingServiceUnavailable when the database is down, unreachable, too slow or too busy.
   */
  query: <Row extends object = AnyRow>(text: string, values?: readonly unknown[]) => Promise<Row[]>;
}

/** An open transaction; its statements run one after the other, on a connection of its own. */
export interface Transaction extends Queryable {
  /** Runs `work` in a savepoint: if it rejects, only its part of the transaction is rolled back. */
  transaction: <T>(work: (tx: Transaction) => Promise<T>) => Promise<T>;
}

/** The options of a transaction. */
export interface TransactionOptions {
  /** The isolation level; by default the database's, which is `read committed` unless changed. */
  isolation?: "read committed" | "repeatable read" | "serializable";
  /** How often `work` is retried after a serialization failure or a deadlock (SQLSTATE 40001, 40P01); 0 by default. */
  retries?: number;
}

/**
 * Runs `work` in a transaction: commits if it resolves, rolls back if it rejects.
 * @returns What `work` returns.
 * @throws TransactionError when a statement was not awaited, or failed and its error was caught, or ended the transaction; or
 *   when the transaction was idle for too long, though `work` may still be running.
 */
export type RunTransaction = <T>(
  work: (tx: Transaction) => Promise<T>,
  options?: TransactionOptions,
) => Promise<T>;

/** A misused or broken transaction: nothing was committed, unless the message says that this is unknown. */
export class TransactionError extends Error {
  override readonly name = "TransactionError";
}

/**
 * What transactions need from the database.
 * @internal
 */
export interface TransactionsOptions {
  pool: Pick<ConnectionPool, "acquire" | "release">;
  runner: StatementRunner;
  /** The idle-in-transaction timeout of the server, in milliseconds. */
  idleMs: number;
  /** Returns the error that the caller of a statement gets. */
  toCallerError: (err: unknown) => unknown;
}

/** The longest delay before the first retry, in milliseconds, with full jitter; it doubles each time, up to the limit. */
const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 1000;

/**
 * Creates the function that runs transactions on a pool's connections.
 * @internal
 */
export function createTransactions(options: TransactionsOptions): RunTransaction {
  const { pool, idleMs, toCallerError } = options;
  // Sent with BEGIN in one message: it costs no round trip.
  const idleTimeout = `SET LOCAL idle_in_transaction_session_timeout = ${idleMs}`;

  async function runOnce<T>(
    work: (tx: Transaction) => Promise<T>,
    isolation: TransactionOptions["isolation"],
  ): Promise<T> {
    const client = await acquire();
    const statements = trackStatements(client, options);
    try {
      await statements.run(
        `BEGIN${isolation ? ` ISOLATION LEVEL ${isolation}` : ""}; ${idleTimeout}`,
      );
      const result = await Promise.race([work(openTransaction(statements.run)), statements.lost]);
      statements.finish();
      await statements.commit();
      pool.release(client, true);
      return result;
    } catch (err) {
      pool.release(client, await statements.rollBack());
      throw err;
    } finally {
      statements.removeListener();
    }
  }

  async function acquire(): Promise<Client> {
    try {
      return await pool.acquire();
    } catch (err) {
      throw toCallerError(err);
    }
  }

  return async (work, { isolation, retries = 0 } = {}) => {
    for (
      let left = retries, waitMs = FIRST_RETRY_MS;
      ;
      left--, waitMs = Math.min(2 * waitMs, LAST_RETRY_MS)
    ) {
      try {
        return await runOnce(work, isolation);
      } catch (err) {
        if (left <= 0 || !isRetryable(err)) throw err;
        await delay(Math.random() * waitMs);
      }
    }
  };
}

/** The server's error may be the cause of a 503. */
const isRetryable = (err: unknown): boolean =>
  isConflict(err instanceof Error ? (err.cause ?? err) : err);

/** Tracks the statements of one transaction. */
interface Statements {
  run: Queryable["query"];
  /** Rejects when the connection breaks: `work` that hangs must not keep a place in the pool. */
  lost: Promise<never>;
  /** Refuses further statements. @throws TransactionError when those so far must not be committed. */
  finish(): void;
  commit(): Promise<void>;
  /** Resolves with whether the connection can be reused. */
  rollBack(): Promise<boolean>;
  removeListener(): void;
}

function trackStatements(
  client: Client,
  { runner, toCallerError }: TransactionsOptions,
): Statements {
  let running = 0;
  /** Why further statements are rejected. */
  let over: string | undefined;
  /** The error of the last statement: after one that fails, only a rollback to a savepoint succeeds. */
  let failure: unknown;

  const toError = (err: unknown) =>
    isIdleTimeout(err) ? new TransactionError(IDLED, { cause: err }) : toCallerError(err);

  let lose: (err: unknown) => void = () => undefined;
  // The first error counts; the others follow from it.
  const lost = new Promise((resolve) => (lose = resolve)).then((err): never => {
    over ??= isIdleTimeout(err) ? IDLED : LOST;
    failure ??= err;
    throw toError(err);
  });
  lost.catch(() => undefined);
  client.on("error", lose);

  const refuse = () => Promise.reject<never>(new TransactionError(over));

  async function send<Row extends object>(
    text: string,
    values: readonly unknown[],
    onFailure: () => void,
  ) {
    running++;
    try {
      const rows = await runner.run<Row>(client, text, values);
      failure = undefined;
      return rows;
    } catch (err) {
      onFailure();
      failure = err;
      if (isIdleTimeout(err)) lose(err);
      throw toError(err);
    } finally {
      running--;
      if (client.getTransactionStatus() === "I") over ??= ENDED;
    }
  }

  return {
    lost,
    run: function run(text, values = []) {
      runner.remember(text, run);
      // A statement that is not awaited: `finish` reports it, and an unhandled rejection would crash the process.
      const handle = () => void sent.catch(() => undefined);
      const isRefused = over !== undefined;
      const sent = isRefused ? refuse() : send<never>(text, values, handle);
      // Otherwise not before it fails: with a second reaction to the promise, V8's stack would not lead to the caller.
      if (isRefused) handle();
      return sent;
    },
    finish() {
      if (over !== undefined) throw new TransactionError(over);
      over = OVER;
      if (running > 0) throw new TransactionError(NOT_AWAITED);
      if (failure !== undefined) throw new TransactionError(SWALLOWED, { cause: failure });
    },
    async commit() {
      try {
        await runner.run(client, "COMMIT");
      } catch (err) {
        failure = err;
        if (isDatabaseError(err)) throw toError(err);
        throw new TransactionError(UNKNOWN, { cause: err });
      }
    },
    async rollBack() {
      over ??= OVER;
      // Its connection will be closed, which rolls back, too, and does not wait for a server that does not respond.
      if (failure !== undefined && !isDatabaseError(failure)) return false;
      return runner.run(client, "ROLLBACK").then(
        () => true,
        () => false,
      );
    },
    removeListener: () => void client.off("error", lose),
  };
}

const OVER = "The transaction is over: await each of its statements within `work`";
const ENDED =
  "A statement ended the transaction: leave COMMIT and ROLLBACK to transaction(), and let `work` reject to roll back";
const NOT_AWAITED =
  "A statement is still running: await each of them within `work`; nothing was committed";
const SWALLOWED =
  "A statement failed and its error was caught: nothing was committed; run it in tx.transaction() to continue after a failure";
const IDLED =
  "The transaction was idle for too long between two statements (DATABASE_STATEMENT_TIMEOUT_MS): nothing was committed; do slow work before or after it";
const LOST = "The connection broke: nothing of the transaction was committed";
const UNKNOWN =
  "The connection broke at COMMIT: it is unknown whether the transaction was committed";

function openTransaction(query: Queryable["query"], depth = 1): Transaction {
  return {
    query,
    async transaction(work) {
      const name = `part_${depth}`;
      await query(`SAVEPOINT ${name}`);
      try {
        const result = await work(openTransaction(query, depth + 1));
        await query(`RELEASE ${name}`);
        return result;
      } catch (err) {
        // If even this fails, `finish` makes the whole transaction roll back.
        await query(`ROLLBACK TO ${name}; RELEASE ${name}`).catch(() => undefined);
        throw err;
      }
    },
  };
}
