// Reads a result of any size through a cursor: a part at a time, and no faster than its consumer takes it.
import type { Client } from "pg";
import { BackingServiceUnavailable } from "../backing/unavailable";
import type { ConnectionPool } from "./connection-pool";
import { isIdleTimeout } from "./errors";
import type { StatementRunner } from "./statements";
import { type AnyRow, TransactionError } from "./transactions";

/**
 * Runs one parameterized SELECT and yields its rows while they are read, on a connection of its own until the last one is
 * there or the loop is left. Each part of the result has the statement timeout; the whole has no time limit. Leaving the loop,
 * or destroying the `Readable` made from it, cancels the statement.
 * @throws While the rows are read: BackingServiceUnavailable as `query`, and when half of the pool's connections stream rows already; TransactionError when the consumer pauses for more
 *   than 5 minutes.
 */
export type StreamRows = <Row extends object = AnyRow>(
  text: string,
  values?: readonly unknown[],
) => AsyncIterable<Row>;

/**
 * What streams need from the database.
 * @internal
 */
export interface RowStreamsOptions {
  pool: Pick<ConnectionPool, "acquire" | "release">;
  runner: StatementRunner;
  /** Returns the error that the consumer gets. */
  toCallerError: (err: unknown) => unknown;
  /** The statement timeout, in milliseconds. */
  statementTimeoutMs: number;
  /** How many streams may be open at a time. */
  maxStreams: number;
  /** Asks the server to cancel what a client is running; resolves with whether that has been dealt with. */
  cancel: (client: Client) => Promise<boolean>;
}

/** The size that parts of a result should have, in bytes on the wire: many rows if they are small. */
const PART_BYTES = 262_144;
/** The size of the first part, in rows: nothing is known of their size, and their consumer waits for them. */
const FIRST_ROWS = 10;
const MAX_ROWS = 5000;
/** How long a part should take at most, in milliseconds: rows that take long to find must not meet the statement timeout. */
const PART_MS = 250;

/** How long a consumer may pause, in milliseconds: longer than a client that does not read is waited for. */
const MAX_PAUSE_MS = 300_000;

/** Slow readers must not keep all connections. */
const FULL = new Error("half of the connections are streaming rows already");

/** The plan is to be the best one for all rows. Sent with BEGIN in one message: it costs no round trip. */
const BEGIN = `BEGIN; SET LOCAL cursor_tuple_fraction = 1; SET LOCAL idle_in_transaction_session_timeout = ${MAX_PAUSE_MS}`;

/**
 * Creates the function that streams rows.
 * @internal
 */
export function createRowStreams(options: RowStreamsOptions): StreamRows {
  const slots = { free: options.maxStreams };
  const stream: StreamRows = <Row extends object>(
    text: string,
    values: readonly unknown[] = [],
  ) => {
    const declaration = `DECLARE berth_rows NO SCROLL CURSOR FOR ${text}`;
    options.runner.remember(declaration, stream);
    return { [Symbol.asyncIterator]: () => readRows<Row>(options, slots, declaration, values) };
  };
  return stream;
}

function readRows<Row extends object>(
  { pool, runner, toCallerError, statementTimeoutMs, cancel }: RowStreamsOptions,
  slots: { free: number },
  declaration: string,
  values: readonly unknown[],
): AsyncIterator<Row, undefined> {
  const named = { text: declaration, values };
  const partMs = Math.min(PART_MS, statementTimeoutMs / 4);
  let client: Client | undefined;
  let rows: Row[] = [];
  let at = 0;
  let size = FIRST_ROWS;
  /** Whether the connection has been given back. */
  let isOver = false;
  /** Whether the consumer wants no more rows. */
  let isLeft = false;
  let fetching: Promise<void> | undefined;
  let cancelling: Promise<boolean> | undefined;
  /** Why the connection broke, perhaps between two statements. */
  let broken: Error | undefined;
  let hasSlot = false;
  const onBroken = (err: Error): void => void (broken ??= err);

  async function begin(): Promise<void> {
    if (slots.free === 0) throw new BackingServiceUnavailable("database", FULL);
    slots.free--;
    hasSlot = true;
    client = await pool.acquire();
    client.on("error", onBroken);
    if (isLeft) return;
    await runner.run(client, BEGIN);
    if (isLeft) return;
    await runner.run(client, declaration, values, { isSingle: true });
  }

  async function fetch(): Promise<void> {
    try {
      if (!client) await begin();
      if (isLeft) return await end("ROLLBACK");
      const [bytes, startedAt] = [bytesRead(client!), performance.now()];
      const part = await runner.run<Row>(client!, `FETCH ${size} FROM berth_rows`, [], { named });
      if (isLeft) return await end("ROLLBACK");
      const isLast = part.length < size;
      if (isLast) await end("COMMIT");
      else {
        const share = Math.min(
          PART_BYTES / (bytesRead(client!) - bytes),
          partMs / (performance.now() - startedAt),
        );
        size = nextSize(size, share);
      }
      [rows, at] = [part, 0];
    } catch (thrown) {
      const err = broken ?? thrown;
      await end("ROLLBACK");
      // An error caused by the cancellation does not matter: nobody reads the stream any more.
      if (!isLeft) throw isIdleTimeout(err) ? paused(err) : toCallerError(err);
    }
  }

  /** Gives the connection back. @throws When the COMMIT fails. */
  async function end(command: "COMMIT" | "ROLLBACK"): Promise<void> {
    isOver = true;
    if (!client) return leaveSlot();
    const ended = client;
    client = undefined;
    let isIntact = false;
    try {
      const isQuiet = (await cancelling) ?? true;
      await runner.run(ended, command);
      isIntact = isQuiet;
    } catch (err) {
      if (command === "COMMIT") throw err;
    } finally {
      ended.off("error", onBroken);
      pool.release(ended, isIntact);
      leaveSlot();
    }
  }

  function leaveSlot(): void {
    if (hasSlot) slots.free++;
    hasSlot = false;
  }

  return {
    async next() {
      while (at >= rows.length) {
        if (isOver) return { done: true, value: undefined };
        await (fetching ??= fetch().finally(() => (fetching = undefined)));
      }
      return { done: false, value: rows[at++] as Row };
    },
    async return() {
      isLeft = true;
      [rows, at] = [[], 0];
      if (client && fetching) cancelling = cancel(client);
      await (fetching ?? end("ROLLBACK"));
      return { done: true, value: undefined };
    },
  };
}

/** What a connection has received so far, in bytes. */
const bytesRead = (client: Client): number =>
  (client as unknown as { connection: { stream: { bytesRead: number } } }).connection.stream
    .bytesRead;

/** How many rows to read next, but not many more than before. @param share By how much the last part could have been larger. */
const nextSize = (rows: number, share: number): number =>
  Math.max(1, Math.min(Math.floor(rows * share), rows * 10, MAX_ROWS));

const paused = (cause: unknown): TransactionError =>
  new TransactionError(
    "The rows were not read for too long: the database has ended their statement; write them to a file first",
    { cause },
  );
