// What a protocol plug-in is: one smallest question whose answer shows that the service speaks its protocol.
import type { Connection } from "../harness/connection";
import type { Settings } from "../settings";

/** The answer to a probe's question. */
export interface Answer {
  /** Shown to readers, one short line. */
  readonly text: string;
  /** False when the service speaks its protocol but says that it cannot serve yet. */
  readonly ready: boolean;
}

/** A protocol plug-in. */
export interface Probe {
  readonly name: string;
  /**
   * Asks over a fresh connection and leaves it open.
   *
   * @throws Error when no answer comes within `limitMs`, or one in another protocol
   */
  ask(connection: Connection, settings: Settings, limitMs: number): Promise<Answer>;
}
