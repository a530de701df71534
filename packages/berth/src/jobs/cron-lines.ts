// Cron lines: enqueues a job at each time that a line names, once for all workers, by the database's clock.
import type { GenericSchema, InferInput } from "valibot";
import { type CronSchedule, parseCron } from "../process/cron";
import type { Queryable } from "../postgres/transactions";
import type { JobType } from "./job-type";
import { parsePayload } from "./payload";
import { serializeJob } from "./stored-job";

/** A cron line with the job that it enqueues. */
export interface CronLine {
  /** By which workers agree on when it ran last: changing the line's times keeps it. */
  name: string;
  schedule: CronSchedule;
  type: JobType;
  /** The stored payload. */
  stored: string;
}

/**
 * A job that is enqueued at certain times. Times that pass while no worker runs are made up for once: only the latest of them is
 * run, late. A run that has not ended, or is to be tried again, when the next one is due does not overlap with it: the next one
 * waits, or replaces the retry.
 * @param line Five fields in UTC, such as `0 3 * * *`; needs `croner`.
 * @param name By which workers know it; by default the job's name. It is needed if a type of job has several lines.
 * @throws Error when the line or the payload is wrong.
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

/** Enqueues what is due. @returns The names of the lines. */
export async function enqueueDue(tx: Queryable, lines: readonly CronLine[]): Promise<string[]> {
  if (lines.length === 0) return [];
  const names = lines.map(({ name }) => name);
  await tx.query(REMEMBER, [names]);
  // Locked until the end of the transaction; another worker that has them looks itself.
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

/** A line that is new begins now. */
const REMEMBER = `INSERT INTO berth_jobs.cron_lines (name) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING`;
const LAST = `SELECT name, last_at AS "lastAt", clock_timestamp() AS now FROM berth_jobs.cron_lines
  WHERE name = ANY($1) FOR UPDATE SKIP LOCKED`;
const ADD_JOB = `SELECT graphile_worker.add_job($1, $2::json, queue_name => $3, run_at => $4::timestamptz,
  max_attempts => $5, job_key => $6)`;
