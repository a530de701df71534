// Reads a response of a text protocol, which may arrive in several chunks.
import type { Connection } from "../harness/connection";
import { NoResponse } from "../harness/missing-response";
import { within } from "../harness/wait";

/**
 * Resolves to the received text once it matches `whole`.
 *
 * @throws NoResponse when the connection ends first, or after `limitMs`
 */
export async function readUntil(
  connection: Connection,
  whole: RegExp,
  limitMs: number,
): Promise<string> {
  const deadline = performance.now() + limitMs;
  while (!whole.test(connection.received())) {
    const left = deadline - performance.now();
    if (left <= 0) throw new NoResponse(`no response within ${limitMs / 1000} s`);
    if (connection.ending())
      throw new NoResponse(`closed (${connection.ending()}) without a response`);
    await within(connection.changed(), left);
  }
  return connection.received();
}
