// Jest's environment: a test that fails shows what was logged at level error and above while it ran, and one that times out
// shows what the processes that it has started printed. A test that passes shows nothing.
import type { Circus } from "@jest/types";
import type { LogFields } from "berth/process";
import { TestEnvironment } from "jest-environment-node";
import { addNote, isTimeout, logNote, outputNote, type RecordedProcess } from "./failure-notes";

/** As in `berth/testing`, whose code runs in the realm of the test. */
const RECORDER = Symbol.for("berth.testing.recorder");

/** How many lines are kept for the current test. */
const KEPT_LINES = 500;
/** How long a failing test waits for what its processes have logged but not yet written, in milliseconds. */
const OUTPUT_MS = 100;

/** The real one, whatever a test fakes. */
const { setTimeout } = globalThis;

/** Node's environment, with notes below the messages of failures. Jest wants a default export. */
export default class ServiceEnvironment extends TestEnvironment {
  #lines: LogFields[] = [];
  #processes: RecordedProcess[] = [];

  override async setup(): Promise<void> {
    await super.setup();
    Object.assign(this.global, {
      [RECORDER]: {
        logged: (line: LogFields) => {
          this.#lines.push(line);
          if (this.#lines.length > KEPT_LINES) this.#lines.shift();
        },
        started: (process: RecordedProcess) => this.#processes.push(process),
      },
    });
  }

  async handleTestEvent(event: Circus.Event, state: Circus.State): Promise<void> {
    if (event.name === "test_done") {
      await this.#addNote(event.test.errors, 0);
      // Tests that run at the same time share their lines.
      if (!event.test.concurrent) this.#lines = [];
    } else if (event.name === "hook_failure" && event.hook.type === "afterAll") {
      await this.#addNote(state.unhandledErrors, state.unhandledErrors.length - 1);
    }
  }

  /** Adds what is known to one of these errors, if there is one. */
  async #addNote(errors: unknown[], index: number): Promise<void> {
    if (index < 0 || index >= errors.length) return;
    const running = this.#processes.filter((each) => each.isRunning());
    if (running.length > 0) await new Promise((resolve) => setTimeout(resolve, OUTPUT_MS));
    const note = [
      ...logNote(this.#lines),
      ...(isTimeout(errors[index]) ? running.flatMap(outputNote) : []),
    ];
    errors[index] = addNote(errors[index], note.join("\n"));
  }
}
