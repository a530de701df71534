// Kills serving processes, as a crash or an OOM kill does, and waits for their replacements.
import { until } from "port-contract/harness";
import type { Journal } from "./load/journal";

const REPLACED_LIMIT_MS = 30_000;

/** A killed process. */
export interface Killed {
  pid: number;
  /** On the clock of `Date.now`. */
  atMs: number;
  /** Until its replacement listened, in milliseconds. */
  replacedAfterMs: number;
}

/** The processes that are serving. */
export const serving = (journal: Journal): number[] => journal.listening().filter(isAlive);

/** Kills a process, and resolves once its replacement listens. @throws Error when none does within 30 s */
export async function kill(pid: number, journal: Journal): Promise<Killed> {
  const before = journal.listening().length;
  const atMs = Date.now();
  process.kill(pid, "SIGKILL");
  if (!(await until(() => journal.listening().length > before, REPLACED_LIMIT_MS)))
    throw new Error("a killed process was not replaced");
  return { pid, atMs, replacedAfterMs: Date.now() - atMs };
}

/** Kills all serving processes one by one, each once the last one has been replaced. */
export async function killEach(journal: Journal): Promise<void> {
  for (const pid of serving(journal)) await kill(pid, journal);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
