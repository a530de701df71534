// Hands what a test logs, and the processes that it starts, to the Jest environment of `berth-dev`, which shows them if the
// test fails. Under another environment nobody takes them.
import type { LogFields } from "../process/readable-line";

/** What the environment takes. */
export interface Recorder {
  /** Takes a parsed log line. */
  logged(line: LogFields): void;
  /** Takes a process that runs now. */
  started(process: RecordedProcess): void;
}

/** A process that a test has started. */
export interface RecordedProcess {
  /** Its command line. */
  command: string;
  isRunning(): boolean;
  /** The lines of both outputs so far. */
  output(): string[];
}

/** A symbol of all realms: the environment is not in that of the test. */
const RECORDER = Symbol.for("berth.testing.recorder");

/** The recorder of this test file, if there is one. */
export const recorder = (): Recorder | undefined =>
  (globalThis as { [RECORDER]?: Recorder })[RECORDER];
