// Finds jobs that this worker locked without knowing it: the connection broke before the database's response.
import type { Queryable } from "../postgres/transactions";
import type { Run } from "./run-job";
import { handBackJobs } from "./statements";

/** Jobs that are locked by this worker, but that it does not run. */
export interface Strays {
  /** Records that there may be some. */
  suspect(this: void): void;
  /** Searches for them if there may be some. @returns The ids of the jobs that were handed back, for any worker to run. */
  handBack(this: void, tx: Queryable, worker: string): Promise<string[]>;
}

/** A job whose end is being written is also locked: it counts as a stray only if it still is one heartbeat later. */
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
