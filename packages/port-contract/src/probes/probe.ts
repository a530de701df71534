// A protocol plug-in: the smallest request whose response shows that the service speaks the protocol.
import type { Connection } from "../harness/connection";
import { NoResponse } from "../harness/missing-response";
import { within } from "../harness/wait";
import type { Settings } from "../settings";

/** The result of a probe. */
export interface ProbeResult {
  /** One short line for the report. */
  readonly text: string;
  /** False when the service speaks the protocol but reports that it cannot serve yet. */
  readonly ready: boolean;
}

/** A protocol plug-in. */
export interface Probe {
  readonly name: string;
  /**
   * Sends the request over a new connection, which it leaves open.
   *
   * @throws MissingResponse when there is no response within `limitMs`, or one in another protocol
   */
  run(connection: Connection, settings: Settings, limitMs: number): Promise<ProbeResult>;
}

/**
 * Reads a response of a text protocol, which may arrive in several chunks. Resolves to the text once it matches `whole`.
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
