// What the service's processes note in one file, which survives them: who serves, and which request ran where.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One run of a request's handler. */
export interface Execution {
  id: string;
  pid: number;
  /** Whether its answer was handed to the system as a whole. */
  isDone: boolean;
}

/** The file, and what is in it so far. */
export interface Journal {
  /** Each process adds lines to it: `up PID`, `begun PID ID`, `done PID ID`. */
  readonly path: string;
  /** The processes that have ever listened, in that order. */
  listening(): number[];
  executions(): Execution[];
  remove(): void;
}

/** Makes an empty one. */
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
