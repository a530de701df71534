// Groups a client's messages into units that must run without another connection's messages in between.
import { typeOf } from "./client-messages";
import { copyFail } from "./messages";

/** Query, FunctionCall and Sync are answered with ReadyForQuery, Flush with what there is so far. */
const UNIT_ENDS = "QFSH";
const COPY_DATA = "dcf";

/**
 * PGlite cannot wait for more input while a statement runs, and ends for good when it has to. So each unit brings the end of a
 * COPY FROM STDIN along, which PostgreSQL ignores when there is none.
 */
const noCopyFromStdin = copyFail("not supported by the embedded PostgreSQL, use INSERT");

/** Creates a collector, which returns the whole unit for the message that completes it. */
export function createUnitCollector(): (message: Buffer) => Buffer | undefined {
  let messages: Buffer[] = [];
  return (message) => {
    const type = typeOf(message);
    // The copy that this data belongs to has already failed.
    if (COPY_DATA.includes(type)) return undefined;
    messages.push(message);
    if (!UNIT_ENDS.includes(type)) return undefined;
    // A failed copy skips to the next Sync, which therefore comes last.
    messages.splice(type === "Q" ? messages.length : -1, 0, noCopyFromStdin);
    const unit = Buffer.concat(messages);
    messages = [];
    return unit;
  };
}
