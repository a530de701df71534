// Runs statements on connections, with the request's comment; logs them, and names them in their errors.
import type { Client, QueryConfig, QueryResult } from "pg";
import type { Logger } from "pino";
import { statementEnd } from "../process/channels";
import { withComment } from "./statement-comment";
import { nameStatement, shortenStatement } from "./statement-error";
import { createStatementPlaces, type StatementPlaces } from "./statement-places";

/** What runs a statement on a connection. */
export interface StatementRunner {
  /** Resolves with the rows. @throws What pg throws, with the statement in its stack. */
  run<Row extends object>(
    client: Client,
    text: string,
    values?: readonly unknown[],
    options?: RunOptions,
  ): Promise<Row[]>;
  /** To be called while the caller of the statement is still on the stack. */
  remember: StatementPlaces["remember"];
}

/** What is special about one statement. */
export interface RunOptions {
  /** The statement that the log and errors name instead: for a FETCH, that of its cursor. */
  named?: { text: string; values: readonly unknown[] };
  /** Whether several statements in one text are refused, by the server. */
  isSingle?: boolean;
}

/** The options of `createStatementRunner`. */
export interface StatementRunnerOptions {
  logger: Pick<Logger, "debug" | "warn" | "isLevelEnabled">;
  /** From how many milliseconds on a statement is a warning in the log; 0: never. */
  slowStatementMs: number;
}

/** Creates what runs the statements of one database. */
export function createStatementRunner({
  logger,
  slowStatementMs,
}: StatementRunnerOptions): StatementRunner {
  const places = createStatementPlaces();
  const slowMs = slowStatementMs > 0 ? slowStatementMs : Infinity;

  function write(
    text: string,
    values: readonly unknown[],
    tookMs: number,
    outcome: object,
    message: string,
  ): void {
    const isSlow = tookMs >= slowMs;
    const line = {
      statement: shortenStatement(text),
      ...(logger.isLevelEnabled("trace") && { values: values.slice(0, MAX_VALUES).map(shorten) }),
      durationMs: Math.round(tookMs * 1000) / 1000,
      ...outcome,
    };
    if (isSlow) logger.warn(line, `slow ${message}`);
    else logger.debug(line, message);
  }

  async function run<Row extends object>(
    client: Client,
    text: string,
    values: readonly unknown[] = [],
    { named = { text, values }, isSingle = false }: RunOptions = {},
  ): Promise<Row[]> {
    const startedAt = performance.now();
    try {
      const sent = withComment(text);
      const result = await client.query<Row>(isSingle ? asSingle(sent) : sent, [...values]);
      const tookMs = performance.now() - startedAt;
      if (statementEnd.hasSubscribers)
        statementEnd.publish({ text, startedAt, durationMs: tookMs });
      if (tookMs >= slowMs || logger.isLevelEnabled("debug"))
        write(named.text, named.values, tookMs, { rows: countOf(result) }, "SQL statement");
      return result.rows;
    } catch (err) {
      nameStatement(err, named.text, places.framesOf(named.text));
      const tookMs = performance.now() - startedAt;
      if (statementEnd.hasSubscribers)
        statementEnd.publish({ text, startedAt, durationMs: tookMs, err });
      if (tookMs >= slowMs || logger.isLevelEnabled("debug")) {
        const { code } = err as { code?: unknown };
        write(named.text, named.values, tookMs, { code }, "SQL statement failed");
      }
      throw err;
    }
  }

  return { run, remember: places.remember };
}

/** The extended protocol has one statement per message; pg uses it unasked only with values. Its types leave this out. */
const asSingle = (text: string) => ({ text, queryMode: "extended" }) as QueryConfig;

/** The rows that were returned or changed. pg resolves with an array for several statements in one text. */
const countOf = (result: QueryResult | QueryResult[]): number | undefined =>
  [result].flat().at(-1)?.rowCount ?? undefined;

/** How many values of a statement are logged, and how many characters of each. */
const MAX_VALUES = 100;
const MAX_CHARACTERS = 200;

function shorten(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "string" || value.length <= MAX_CHARACTERS) return value;
  return `${value.slice(0, MAX_CHARACTERS)}… (${value.length} characters)`;
}
