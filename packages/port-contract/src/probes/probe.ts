// A protocol plug-in: the smallest request whose response shows that the service speaks the protocol.
import type { Connection } from "../harness/connection";
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
