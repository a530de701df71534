// Runs statements in a transaction on one connection, so that either all of them count or none.
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import type { ConnectionPool } from "./connection-pool";
import { isConflict, isDatabaseError, isIdleTimeout } from "./errors";
import { withComment } from "./statement-comment";

/** A row whose columns nobody has named. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in pg, whose types an owner need not have
type AnyRow = Record<string, any>;

/** What runs statements: the database, where each stands alone, or a transaction. */
export interface Queryable {
  /**
   * Runs one parameterised statement and resolves with its rows.
   * @throws BackingServiceUnavailable when the database is down, unreachable, too slow or too busy.
   */
  query: <Row extends object = AnyRow>(text: string, values?: readonly unknown[]) => Promise<Row[]>;
}

/** A transaction while it is open; its statements run one after the other, on a connection of its own. */
export interface Transaction extends Queryable {
  /** Runs `work` as a part of this transaction that can be undone alone, when it rejects: a savepoint. */
  transaction: <T>(work: (tx: Transaction) => Promise<T>) => Promise<T>;
}

/** How a transaction is run. */
export interface TransactionOptions {
  /** What it sees of others; `read committed` unless the database says otherwise. */
  isolation?: "read committed" | "repeatable read" | "serializable";
  /** How often `work` is run again when it lost against another transaction (SQLSTATE 40001, 40P01); 0 by default. */
  retries?: number;
}

/**
 * Runs `work` in a transaction: commits when it resolves, rolls back when it rejects.
 * @returns What `work` returns.
 * @throws TransactionError when a statement was not awaited, was caught though it failed, or ended the transaction, or
 *   when the next one was awaited for too long: `work` then goes on in vain.
 */
export type RunTransaction = <T>(
  work: (tx: Transaction) => Promise<T>,
  options?: TransactionOptions,
) => Promise<T>;

/** A transaction that `work` has spoilt: nothing of it is kept, unless the message says that nobody knows. */
export class TransactionError extends Error {
  override readonly name = "TransactionError";
}

/**
 * What transactions need of the database.
 * @internal
 */
export interface TransactionsOptions {
  pool: Pick<ConnectionPool, "lend" | "giveBack">;
  /** How long a transaction may wait for its next statement before the server ends it, in milliseconds. */
  idleMs: number;
  /** What a statement's error becomes for whoever has run it. */
  explain: (err: unknown) => unknown;
}

/** Before `work` is tried again it waits a random part of this, in milliseconds: twice as much each time, up to a limit. */
const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 1000;

/**
 * Makes what runs transactions on a pool's connections.
 * @internal
 */
export function createTransactions({ pool, idleMs, explain }: TransactionsOptions): RunTransaction {
  // One message: the limit costs no round trip of its own.
  const limit = `SET LOCAL idle_in_transaction_session_timeout = ${idleMs}`;

  async function runOnce<T>(
    work: (tx: Transaction) => Promise<T>,
    isolation: TransactionOptions["isolation"],
  ): Promise<T> {
    const client = await lend();
    const statements = followStatements(client, explain);
    try {
      await statements.run(`BEGIN${isolation ? ` ISOLATION LEVEL ${isolation}` : ""}; ${limit}`);
      const result = await Promise.race([work(openTransaction(statements.run)), statements.lost]);
      statements.finish();
      await statements.commit();
      pool.giveBack(client, true);
      return result;
    } catch (err) {
      pool.giveBack(client, await statements.rollBack());
      throw err;
    } finally {
      statements.forget();
    }
  }

  async function lend(): Promise<Client> {
    try {
      return await pool.lend();
    } catch (err) {
      throw explain(err);
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
        if (left <= 0 || !hasLost(err)) throw err;
        await delay(Math.random() * waitMs);
      }
    }
  };
}

/** `explain` may have made something else of what the server said. */
const hasLost = (err: unknown): boolean =>
  isConflict(err instanceof Error ? (err.cause ?? err) : err);

/** The statements of one transaction, and what became of them. */
interface Statements {
  run: Queryable["query"];
  /** Rejects when the connection is lost: `work` that never ends must not keep its place in the pool. */
  lost: Promise<never>;
  /** @throws TransactionError when they must not be committed. */
  finish(): void;
  commit(): Promise<void>;
  /** Resolves with whether the connection can be used again. */
  rollBack(): Promise<boolean>;
  /** Leaves the connection to others. */
  forget(): void;
}

function followStatements(client: Client, explainAny: (err: unknown) => unknown): Statements {
  let running = 0;
  /** Why no more statements are taken. */
  let over: string | undefined;
  /** Of the last statement: after one that fails, only going back to a savepoint succeeds. */
  let failure: unknown;

  const explain = (err: unknown) =>
    isIdleTimeout(err) ? new TransactionError(IDLED, { cause: err }) : explainAny(err);

  let lose: (err: unknown) => void = () => undefined;
  // What breaks first is the reason, and all that follows from it is ignored.
  const lost = new Promise((resolve) => (lose = resolve)).then((err): never => {
    over ??= isIdleTimeout(err) ? IDLED : LOST;
    failure ??= err;
    throw explain(err);
  });
  lost.catch(() => undefined);
  client.on("error", lose);

  async function send<Row extends object>(text: string, values: readonly unknown[]) {
    if (over !== undefined) throw new TransactionError(over);
    running++;
    try {
      const { rows } = await client.query<Row>(withComment(text), [...values]);
      failure = undefined;
      return rows;
    } catch (err) {
      failure = err;
      if (isIdleTimeout(err)) lose(err);
      throw explain(err);
    } finally {
      running--;
      if (client.getTransactionStatus() === "I") over ??= ENDED;
    }
  }

  return {
    lost,
    run(text, values = []) {
      const sent = send<never>(text, values);
      // Who forgets to await it hears of it from the transaction; unhandled, it would end the process.
      sent.catch(() => undefined);
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
        await client.query("COMMIT");
      } catch (err) {
        failure = err;
        if (isDatabaseError(err)) throw explain(err);
        throw new TransactionError(UNKNOWN, { cause: err });
      }
    },
    async rollBack() {
      over ??= OVER;
      // Closing the connection undoes as much, and does not wait for a server that is mute.
      if (failure !== undefined && !isDatabaseError(failure)) return false;
      return client.query("ROLLBACK").then(
        () => true,
        () => false,
      );
    },
    forget: () => void client.off("error", lose),
  };
}

const OVER = "The transaction is over: await each of its statements within `work`";
const ENDED =
  "A statement has ended the transaction: leave COMMIT and ROLLBACK to transaction(), and let `work` reject to roll back";
const NOT_AWAITED = "A statement still runs: await each of them within `work`; nothing was kept";
const SWALLOWED =
  "A statement has failed, and its error was caught: nothing was kept; run it in tx.transaction() to go on after it";
const IDLED =
  "The work waited too long between two statements (DATABASE_STATEMENT_TIMEOUT_MS): nothing was kept; do what is slow before or after the transaction";
const LOST = "The connection broke: nothing of the transaction was kept";
const UNKNOWN = "The connection broke at COMMIT: nobody knows whether the transaction counts";

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
        // Should this fail, the transaction can only be rolled back, and will be.
        await query(`ROLLBACK TO ${name}; RELEASE ${name}`).catch(() => undefined);
        throw err;
      }
    },
  };
}
