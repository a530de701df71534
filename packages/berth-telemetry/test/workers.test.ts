// The metrics of workers, as their supervisor puts them together; workers are played.
import cluster, { type Worker } from "node:cluster";
import { Registry } from "prom-client";
import { createTestLogger } from "berth/testing";
import { createFamily, type Definition } from "../src/metrics/families";
import { measureProcess } from "../src/metrics/process";
import type { Snapshot } from "../src/metrics/snapshot";
import { collectWorkers } from "../src/metrics/workers";
import { createSubscriptions } from "../src/subscriptions";

const supervisors: ReturnType<typeof collectWorkers>[] = [];
afterEach(async () => {
  for (const supervisor of supervisors.splice(0)) await supervisor.end();
});

/** What a worker has: its own metrics, of which some are as given. */
async function snapshotOf(values: Readonly<Record<string, number>>): Promise<Snapshot> {
  const { logger } = createTestLogger();
  const registry = new Registry();
  const family = (definition: Definition) => createFamily(registry, definition, logger);
  const subscriptions = createSubscriptions(logger);
  measureProcess(subscriptions, family, registry, { name: "test", version: "1.2.3" });
  subscriptions.end();
  family({ kind: "counter", name: "visits_total", help: "Visits.", labels: [] });
  const snapshot = await registry.getMetricsAsJSON();
  return snapshot.map((metric) => {
    const value = values[metric.name];
    return value === undefined ? metric : { ...metric, values: [{ labels: {}, value }] };
  });
}

/** A supervisor with workers that have these metrics. @param limitMs How long one may take to respond. */
function supervise(snapshots: readonly Snapshot[], limitMs = 60_000) {
  const supervisor = collectWorkers(limitMs);
  supervisors.push(supervisor);
  const workers = snapshots.map((snapshot, index) => {
    const played = { id: index + 1, isBlocked: false, isConnected: () => true };
    const worker = Object.assign(played, {
      send({ id }: { id: number }) {
        if (!played.isBlocked) say({ telemetry: "snapshot", id, snapshot });
      },
    }) as unknown as Worker;
    const say = (message: object) => cluster.emit("message", worker, message);
    say({ telemetry: "here" });
    return { worker, played, last: () => say({ telemetry: "last", snapshot }) };
  });
  return { supervisor, workers };
}

const valueOf = (snapshot: Snapshot, name: string): number | undefined =>
  snapshot.find((metric) => metric.name === name)?.values[0]?.value;

it("keeps what workers have counted that end at the same moment, in every response", async () => {
  const counts = [1, 20, 300].map((count) => snapshotOf({ visits_total: count }));
  const { supervisor, workers } = supervise(await Promise.all(counts));
  const visits = async () => valueOf(await supervisor.collect(), "visits_total");
  expect(await visits()).toBe(321);
  for (const { worker, last } of workers.slice(0, 2)) {
    last();
    cluster.emit("disconnect", worker);
  }
  expect(await visits()).toBe(321);
  expect(await visits()).toBe(321);
});

it("counts workers that ended by themselves or were killed, and not those that were told to end", async () => {
  const { supervisor } = supervise([]);
  for (const [code, signal] of [
    [0, null],
    [1, null],
    [null, "SIGKILL"],
  ]) {
    cluster.emit("exit", {}, code, signal);
  }
  expect(valueOf(await supervisor.collect(), "berth_worker_crashes_total")).toBe(2);
});

it("takes the worst percentiles of the event loops, not their mean", async () => {
  const { supervisor } = supervise([
    await snapshotOf({ nodejs_eventloop_lag_p99_seconds: 0.01 }),
    await snapshotOf({ nodejs_eventloop_lag_p99_seconds: 3 }),
  ]);
  expect(valueOf(await supervisor.collect(), "nodejs_eventloop_lag_p99_seconds")).toBe(3);
});

it("has the start of the supervisor, whether or not a worker responds or is younger", async () => {
  const { supervisor, workers } = supervise(
    [
      await snapshotOf({ process_start_time_seconds: 1 }),
      await snapshotOf({ process_start_time_seconds: 2 }),
    ],
    1,
  );
  const start = async () => valueOf(await supervisor.collect(), "process_start_time_seconds");
  const own = Math.round(performance.timeOrigin / 1000);
  const seen = [await start()];
  workers[0]!.played.isBlocked = true;
  seen.push(await start());
  cluster.emit("disconnect", workers[0]!.worker);
  seen.push(await start());
  expect(new Set(seen).size).toBe(1);
  expect(Math.abs(Number(seen[0]) - own)).toBeLessThanOrEqual(1);
});
