// Kills processes that serve, as a crash or the system short of memory does, and waits for whoever takes their place.
import { until } from "port-contract/harness";
import type { Journal } from "./load/journal";

const REPLACED_LIMIT_MS = 30_000;

/** One that was killed. */
export interface Killed {
  pid: number;
  /** On the clock of `Date.now`. */
  atMs: number;
  /** Until another one listened in its place, in milliseconds. */
  replacedAfterMs: number;
}

/** The processes that serve at this time. */
export const serving = (journal: Journal): number[] => journal.listening().filter(isAlive);

/** Kills one process, and resolves once another one listens. @throws Error when none does within 30 s */
export async function kill(pid: number, journal: Journal): Promise<Killed> {
  const before = journal.listening().length;
  const atMs = Date.now();
  process.kill(pid, "SIGKILL");
  if (!(await until(() => journal.listening().length > before, REPLACED_LIMIT_MS)))
    throw new Error("no process took the place of one that was killed");
  return { pid, atMs, replacedAfterMs: Date.now() - atMs };
}

/** Kills all that serve, each once another one listens in the place of the last. */
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
