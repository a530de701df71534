// Metrics that only a supervisor has: about its workers.
import type { Snapshot } from "./snapshot";

/** Which workers a response includes. */
export interface Supervised {
  /** How many responded. */
  answered: number;
  /** The ids of those that did not respond. The response has their last known counters and histograms, but no gauges. */
  missing: readonly number[];
  /** How many workers crashed or were killed. */
  crashes: number;
}

/** The supervisor's own start time: the oldest worker's would change whenever that worker is replaced or does not respond. */
export const START_TIME = "process_start_time_seconds";
const startedAt = Math.round(Date.now() / 1000 - process.uptime());

/** The metrics about the workers. */
export const aboutWorkers = ({ answered, missing, crashes }: Supervised): Snapshot => [
  metric("gauge", START_TIME, "When the process started, in seconds since 1970.", startedAt),
  metric("gauge", "berth_workers", "How many workers are included in these metrics.", answered),
  metric("counter", "berth_worker_crashes_total", "Workers that crashed or were killed.", crashes),
  {
    ...metric("gauge", "berth_worker_missing", MISSING, 1),
    values: missing.map((id) => ({ labels: { worker: String(id) }, value: 1 })),
  },
];

const MISSING =
  "1 for a worker that did not respond in time because its event loop is blocked; its last known counts are included, its gauges are not.";

const metric = (type: string, name: string, help: string, value: number) =>
  ({
    name,
    help,
    type,
    aggregator: "sum",
    values: [{ labels: {}, value }],
  }) as unknown as Snapshot[number];
