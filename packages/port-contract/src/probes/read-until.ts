// Reading an answer of a text protocol, which comes in pieces.
import type { Connection } from "../harness/connection";
import { NoResponse } from "../harness/missing-answer";
import { within } from "../harness/wait";

/**
 * Resolves to what has been received once it matches `whole`.
 *
 * @throws NoResponse when the connection ends or `limitMs` pass before
 */
export async function readUntil(
  connection: Connection,
  whole: RegExp,
  limitMs: number,
): Promise<string> {
  const deadline = performance.now() + limitMs;
  while (!whole.test(connection.received())) {
    const left = deadline - performance.now();
    if (left <= 0) throw new NoResponse(`no answer within ${limitMs / 1000} s`);
    if (connection.ending()) throw new NoResponse(`closed (${connection.ending()}), no answer`);
    await within(connection.changed(), left);
  }
  return connection.received();
}
