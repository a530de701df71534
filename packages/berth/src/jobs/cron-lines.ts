// Cron lines: enqueues a job at each time of a line, once for all workers, by the database's clock.
import type { GenericSchema, InferInput } from "valibot";
import { type CronSchedule, parseCron } from "../process/cron";
import type { Queryable } from "../postgres/transactions";
import type { JobType } from "./job-type";
import { parsePayload } from "./payload";
import { serializeJob } from "./stored-job";

/** A cron line, and the job that it enqueues. */
export interface CronLine {
  /** Identifies the line, so that workers agree on its last run. It stays when the line's times change. */
  name: string;
  schedule: CronSchedule;
  type: JobType;
  /** The stored payload. */
  stored: string;
}

/**
 * A job that is enqueued at certain times. Of the times that pass while no worker runs, only the latest is run, late. Runs do not
 * overlap: if the previous run has not ended when the next one is due, the next one waits, or replaces a pending retry.
 * @param line Five fields in UTC, such as `0 3 * * *`; requires `croner`.
 * @param name Identifies the line; the job's name by default. Required if a type of job has several lines.
 * @throws Error when the line or the payload is invalid.
 */
export function cronJob<S extends GenericSchema>(
  line: string,
  type: JobType<S>,
  payload: InferInput<S>,
  name: string = type.name,
): CronLine {
  parsePayload(type, payload);
  return { name, schedule: parseCron(line), type, stored: serializeJob(type.name, payload) };
}

/** @throws Error when two lines have the same name. */
export function checkCronLines(lines: readonly CronLine[]): void {
  const names = lines.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new Error(`Two cron lines are named "${twice}": give cronJob a name for each`);
  }
}

/** Enqueues the jobs that are due. @returns The names of their lines. */
export async function enqueueDue(tx: Queryable, lines: readonly CronLine[]): Promise<string[]> {
  if (lines.length === 0) return [];
  const names = lines.map(({ name }) => name);
  await tx.query(REMEMBER, [names]);
  // Locked until the end of the transaction. Lines locked by another worker are that worker's to check.
  const rows = await tx.query<{ name: string; lastAt: string; now: string }>(LAST, [names]);
  const due: string[] = [];
  for (const { name, lastAt, now } of rows) {
    const { schedule, type, stored } = lines.find((line) => line.name === name) as CronLine;
    const at = schedule.latest(new Date(now));
    if (!at || at <= new Date(lastAt)) continue;
    const queue = `cron:${name}`.slice(0, 128);
    const values = [type.name, stored, queue, at.toISOString(), type.maxAttempts, `cron:${name}`];
    await tx.query(ADD_JOB, values);
    await tx.query("UPDATE berth_jobs.cron_lines SET last_at = $2 WHERE name = $1", [
      name,
      at.toISOString(),
    ]);
    due.push(name);
  }
  return due;
}

/** A new line starts now. */
const REMEMBER = `INSERT INTO berth_jobs.cron_lines (name) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING`;
const LAST = `SELECT name, last_at AS "lastAt", clock_timestamp() AS now FROM berth_jobs.cron_lines
  WHERE name = ANY($1) FOR UPDATE SKIP LOCKED`;
const ADD_JOB = `SELECT graphile_worker.add_job($1, $2::json, queue_name => $3, run_at => $4::timestamptz,
  max_attempts => $5, job_key => $6)`;
