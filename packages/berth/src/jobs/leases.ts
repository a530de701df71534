// Leases of workers: each counts its heartbeats in a table, and takes over the jobs of workers whose count no longer changes.
import type { Queryable } from "../postgres/transactions";

/** A job whose worker has died. */
export interface OrphanedJob {
  id: string;
  name: string;
  attempts: number;
  maxAttempts: number;
  worker: string;
}

/** The leases, as seen by a worker. */
export interface Leases {
  /** Counts a heartbeat. @returns Whether this worker is new to the others: it has just started, or was taken for dead. */
  beat(this: void, tx: Queryable): Promise<boolean>;
  /** Checks the other workers' heartbeats, and releases the jobs of dead ones. @returns These jobs. */
  takeOver(this: void, tx: Queryable): Promise<OrphanedJob[]>;
  /** Forgets all observations: during an outage of the database, no worker could count. */
  forget(this: void): void;
}

/** The last known heartbeat of a worker. */
interface Seen {
  beats: string;
  /** Since when, on the clock of `performance.now`. */
  since: number;
}

/**
 * A worker counts as dead when another worker has seen no new heartbeat for the duration of its lease, on its own monotonic clock.
 * So neither a clock that is set nor an outage of the database looks like a death.
 * @param id The name under which graphile-worker locks jobs for this worker.
 */
export function createLeases(id: string, leaseMs: number): Leases {
  /** By worker, for workers with and without heartbeats. */
  const beating = new Map<string, Seen>();
  const silent = new Map<string, Seen>();
  let locksLookedAt = -Infinity;

  /** Workers that have locked jobs, but have no heartbeats: they died before the first one. */
  async function unknownOwners(tx: Queryable, now: number): Promise<string[]> {
    // This statement reads all jobs, so it runs less often.
    if (now - locksLookedAt < leaseMs) return [];
    locksLookedAt = now;
    const owners = await tx.query<{ id: string }>(UNKNOWN_OWNERS);
    const still = watch(
      silent,
      owners.map((owner) => ({ id: owner.id, leaseMs, beats: "none" })),
      now,
    );
    return still.map((owner) => owner.id);
  }

  return {
    async beat(tx) {
      const [row] = await tx.query<{ beats: string }>(BEAT, [id, leaseMs]);
      return row?.beats === "0";
    },
    async takeOver(tx) {
      const now = performance.now();
      const others = await tx.query<Other>(OTHERS, [id]);
      const dead = await unknownOwners(tx, now);
      for (const other of watch(beating, others, now)) {
        // Only if its count has not changed since. The row lock makes its next heartbeat wait, and find that it was taken for dead.
        const [removed] = await tx.query(REMOVE, [other.id, other.beats]);
        if (removed) dead.push(other.id);
      }
      return dead.length > 0 ? freeJobs(tx, dead) : [];
    },
    forget() {
      beating.clear();
      silent.clear();
    },
  };
}

interface Other {
  id: string;
  leaseMs: number;
  beats: string;
}

/** Returns the workers without a new heartbeat for their lease; forgets those that no longer exist. */
function watch(seen: Map<string, Seen>, others: readonly Other[], now: number): Other[] {
  const present = new Set(others.map(({ id }) => id));
  for (const id of seen.keys()) if (!present.has(id)) seen.delete(id);
  return others.filter(({ id, beats, leaseMs }) => {
    const last = seen.get(id);
    if (last?.beats === beats) return now - last.since >= leaseMs;
    seen.set(id, { beats, since: now });
    return false;
  });
}

async function freeJobs(tx: Queryable, workers: readonly string[]): Promise<OrphanedJob[]> {
  const jobs = await tx.query<OrphanedJob>(JOBS_OF, [workers]);
  await tx.query("SELECT graphile_worker.force_unlock_workers($1)", [workers]);
  const exhausted = jobs.filter(({ attempts, maxAttempts }) => attempts >= maxAttempts);
  const ids = exhausted.map((job) => job.id);
  if (ids.length > 0) {
    await tx.query("SELECT graphile_worker.permanently_fail_jobs($1::bigint[], $2)", [ids, DIED]);
  }
  return jobs;
}

const DIED = "The worker died while it ran this job, in the last attempt";

const BEAT = `INSERT INTO berth_jobs.workers AS w (id, lease_ms) VALUES ($1, $2)
  ON CONFLICT (id) DO UPDATE SET beats = w.beats + 1, seen_at = now() RETURNING beats`;
const OTHERS = `SELECT id, lease_ms AS "leaseMs", beats FROM berth_jobs.workers WHERE id <> $1`;
const UNKNOWN_OWNERS = `SELECT DISTINCT locked_by AS id FROM graphile_worker.jobs
  WHERE locked_by IS NOT NULL AND locked_by NOT IN (SELECT id FROM berth_jobs.workers)`;
const REMOVE = "DELETE FROM berth_jobs.workers WHERE id = $1 AND beats = $2 RETURNING id";
const JOBS_OF = `SELECT id, task_identifier AS name, attempts, max_attempts AS "maxAttempts", locked_by AS worker
  FROM graphile_worker.jobs WHERE locked_by = ANY($1)`;

/** Removes a worker that ends, so that nobody has to wait for its lease to expire. */
export const LEAVE = "DELETE FROM berth_jobs.workers WHERE id = $1";
