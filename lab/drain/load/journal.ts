// A file in which the service's processes record that they listen and which requests they handle; it survives crashes.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One run of a request's handler. */
export interface Execution {
  id: string;
  pid: number;
  /** Whether the complete response was passed to the operating system. */
  isDone: boolean;
}

/** The file and its entries. */
export interface Journal {
  /** Each process appends lines: `up PID`, `begun PID ID`, `done PID ID`. */
  readonly path: string;
  /** All processes that have listened, in order. */
  listening(): number[];
  executions(): Execution[];
  remove(): void;
}

/** Creates an empty journal. */
export function createJournal(): Journal {
  const directory = mkdtempSync(join(tmpdir(), "berth-roll-"));
  const path = join(directory, "journal");
  writeFileSync(path, "");
  const lines = (what: string) =>
    readFileSync(path, "utf8")
      .split("\n")
      .map((line) => line.split(" "))
      .filter(([word]) => word === what);
  return {
    path,
    listening: () => lines("up").map(([, pid]) => Number(pid)),
    executions() {
      const done = new Set(lines("done").map(([, pid, id]) => `${pid} ${id}`));
      return lines("begun").map(([, pid, id = ""]) => ({
        id,
        pid: Number(pid),
        isDone: done.has(`${pid} ${id}`),
      }));
    },
    remove: () => rmSync(directory, { recursive: true }),
  };
}
