// What only a supervisor knows of its workers, as metrics.
import type { Snapshot } from "./snapshot";

/** Which workers are part of a response. */
export interface Supervised {
  /** How many have responded. */
  answered: number;
  /** Those that have not: of their metrics, only what only grows is part of the response, as it was last. */
  missing: readonly number[];
  /** How many have ended, but not as they should. */
  crashes: number;
}

/** The supervisor's own: that of a worker would change whenever the oldest one is replaced, or does not respond. */
export const START_TIME = "process_start_time_seconds";
const startedAt = Math.round(Date.now() / 1000 - process.uptime());

/** The metrics of the workers themselves. */
export const aboutWorkers = ({ answered, missing, crashes }: Supervised): Snapshot => [
  metric("gauge", START_TIME, "When the process started, in seconds since 1970.", startedAt),
  metric("gauge", "berth_workers", "How many workers these metrics are of.", answered),
  metric(
    "counter",
    "berth_worker_crashes_total",
    "Workers that have ended unasked, or were killed.",
    crashes,
  ),
  {
    ...metric("gauge", "berth_worker_missing", MISSING, 1),
    values: missing.map((id) => ({ labels: { worker: String(id) }, value: 1 })),
  },
];

const MISSING =
  "A worker that did not respond in time, as its event loop is blocked: of its metrics, only counts are part of these, as they were last.";

const metric = (type: string, name: string, help: string, value: number) =>
  ({
    name,
    help,
    type,
    aggregator: "sum",
    values: [{ labels: {}, value }],
  }) as unknown as Snapshot[number];
