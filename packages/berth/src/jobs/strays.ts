// Finds jobs that this worker has locked without knowing: the connection broke before the database's answer.
import type { Queryable } from "../postgres/transactions";
import type { Run } from "./run-job";
import { handBackJobs } from "./statements";

/** Jobs that are locked by this worker, and that it does not run. */
export interface Strays {
  /** Says that there may be some. */
  suspect(this: void): void;
  /** Looks for them if there may be some. @returns The ids of those that were handed back, so that any worker runs them. */
  handBack(this: void, tx: Queryable, worker: string): Promise<string[]>;
}

/** A job whose end is being written is locked, too: it counts as a stray if it still is a heartbeat later. */
const LOOKS = 2;

export function createStrays(runs: ReadonlySet<Run>): Strays {
  let looksLeft = 0;
  let seen: ReadonlySet<string> = new Set();
  return {
    suspect() {
      looksLeft = LOOKS;
      seen = new Set();
    },
    async handBack(tx, worker) {
      if (looksLeft === 0) return [];
      const locked = await tx.query<{ id: string }>(LOCKED, [worker]);
      const running = new Set([...runs].map((run) => run.id));
      const idle = locked.map(({ id }) => id).filter((id) => !running.has(id));
      const strays = idle.filter((id) => seen.has(id));
      seen = new Set(idle);
      const handedBack = strays.length > 0 ? await handBackJobs(tx, strays, worker) : [];
      looksLeft -= 1;
      return handedBack;
    },
  };
}

const LOCKED = "SELECT id FROM graphile_worker.jobs WHERE locked_by = $1";
