// `npm run db -- jobs`: how many jobs wait, run and have failed, which have failed and why, and which workers live; and retries.
import type { Queryable } from "berth/postgres";

interface TypeCounts {
  name: string;
  waiting: string;
  running: string;
  failed: string;
}

interface FailedJob {
  id: string;
  name: string;
  attempts: number;
  at: string;
  error: string | null;
}

/** Failed jobs to list: the latest ones. */
const FAILED_LIMIT = 20;
/** An error's first line, in characters. */
const ERROR_LIMIT = 200;

/** Describes the jobs of a database, in lines for people. */
export async function describeJobs({ query }: Queryable): Promise<string[]> {
  if (!(await haveTables({ query }))) return [WITHOUT_TABLES];
  const counts = await query<TypeCounts>(COUNTS);
  const failed = await query<FailedJob>(FAILED, [FAILED_LIMIT]);
  const workers = await query<{ id: string; seconds: number }>(WORKERS);
  const rows = counts.map(({ name, ...of }) => [name, of.waiting, of.running, of.failed]);
  return [
    ...(rows.length > 0 ? table([["job", "waiting", "running", "failed"], ...rows]) : ["no jobs"]),
    ...failed.map(describeFailed),
    ...workers.map(({ id, seconds }) => `worker ${id}: last heartbeat ${seconds} s ago`),
    ...(workers.length === 0 ? ["no worker is running"] : []),
  ];
}

/**
 * Lets jobs that have failed for good be tried again at once, as often as new ones.
 * @param ids All that have failed if undefined.
 * @returns What was done, for people.
 * @throws Error when one of them has not failed: then none is tried again.
 */
export async function retryJobs(tx: Queryable, ids?: readonly string[]): Promise<string> {
  if (!(await haveTables(tx))) throw new Error(WITHOUT_TABLES);
  const retried = await tx.query<{ id: string }>(RETRY, [ids ?? null]);
  const wrong = ids?.find((each) => !retried.some(({ id }) => id === each));
  if (wrong !== undefined) throw new Error(`job ${wrong} has not failed: nothing is tried again`);
  return retried.length > 0
    ? `to be tried again: ${retried.map(({ id }) => id).join(", ")}`
    : "no job has failed";
}

async function haveTables({ query }: Queryable): Promise<boolean> {
  const [tables] = await query<{ exist: boolean }>(TABLES_EXIST);
  return tables?.exist === true;
}

function describeFailed({ id, name, attempts, at, error }: FailedJob): string {
  const [reason = ""] = (error ?? "").split("\n");
  return `failed ${id} ${name}, ${attempts} attempts, ${at}: ${reason.slice(0, ERROR_LIMIT)}`;
}

/** Columns are as wide as their widest cell; the first one is text. */
function table(rows: string[][]): string[] {
  const widths = rows[0]!.map((_, index) => Math.max(...rows.map((row) => row[index]!.length)));
  return rows.map((row) =>
    row
      .map((cell, index) =>
        index === 0 ? cell.padEnd(widths[index]!) : cell.padStart(widths[index]!),
      )
      .join("  "),
  );
}

const WITHOUT_TABLES = "this database has no tables for jobs: docs/jobs.md says how to create them";

const TABLES_EXIST = `SELECT to_regclass('graphile_worker.jobs') IS NOT NULL
  AND to_regclass('berth_jobs.workers') IS NOT NULL AS exist`;
/** A job that is to be tried again waits. */
const COUNTS = `SELECT task_identifier AS name,
    count(*) FILTER (WHERE locked_at IS NULL AND attempts < max_attempts) AS waiting,
    count(*) FILTER (WHERE locked_at IS NOT NULL) AS running,
    count(*) FILTER (WHERE locked_at IS NULL AND attempts >= max_attempts) AS failed
  FROM graphile_worker.jobs GROUP BY 1 ORDER BY 1`;
const FAILED = `SELECT id, task_identifier AS name, attempts, updated_at AS at, last_error AS error
  FROM graphile_worker.jobs WHERE locked_at IS NULL AND attempts >= max_attempts
  ORDER BY id DESC LIMIT $1`;
const RETRY = `SELECT id FROM graphile_worker.reschedule_jobs(
    ARRAY(SELECT id FROM graphile_worker.jobs WHERE locked_at IS NULL AND attempts >= max_attempts
      AND ($1::bigint[] IS NULL OR id = ANY($1))),
    run_at => now(), attempts => 0) ORDER BY id`;
const WORKERS = `SELECT id, round(extract(epoch FROM now() - seen_at))::int AS seconds
  FROM berth_jobs.workers ORDER BY started_at`;
