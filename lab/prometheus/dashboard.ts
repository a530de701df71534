// Experiment: what each panel of the dashboard shows, in good health and during an outage.
import { connect } from "node:net";
import { type Run, until } from "port-contract/harness";
import type { ExperimentOptions, Finding } from "../experiments/run";
import { startLoad } from "../limits/load";
import { urlOf } from "../limits/service";
import { type Expression, panelExpressions } from "./expressions";
import type { Prometheus, Sample } from "./prometheus";
import { whileLocked, withSystem } from "./system";

/** For how many seconds the system is watched before panels are read. */
const WATCHED_S = 20;
const LIMIT_MS = 60_000;

/** Evaluates the expressions of all panels; each must have data in one of the two. */
export const dashboard = (options: ExperimentOptions): Promise<Finding> =>
  withSystem(options, async ({ prometheus, databaseUrl, instances, withWorkers }) => {
    const expressions = panelExpressions("15s");
    const isWatched = async () =>
      (await prometheus.query(`count_over_time(up[5m]) >= ${WATCHED_S}`)).length >= 6;
    if (!(await until(isWatched, LIMIT_MS, 1000))) {
      return { rows: [], missed: [`targets: ${JSON.stringify(await prometheus.targets())}`] };
    }
    const targets = Object.values(await prometheus.targets());
    const healthy = await evaluate(prometheus, expressions);
    const healthyAlerts = await firing(prometheus);

    const outage = await whileLocked(databaseUrl, async () => {
      const load = startLoad(
        instances.flatMap((run) => [`${urlOf(run)}/notes`, `${urlOf(run)}/notes/1`]),
      );
      const resume = stopWorker(withWorkers);
      await Promise.all(instances.map(({ port }) => sendGarbage(port)));
      const isNoticed = async () => {
        const alerts = await firing(prometheus);
        return OUTAGE.every((name) => alerts.includes(name));
      };
      const noticed = await until(isNoticed, LIMIT_MS, 500);
      const values = await evaluate(prometheus, expressions);
      const alerts = await firing(prometheus);
      resume();
      return { values, alerts, noticed, ended: load.stop() };
    });
    await outage.ended;

    const rows = expressions.map(({ title, expr }, i) => ({
      panel: title,
      expression: `\`${expr}\``,
      "in good health": describe(healthy[i]!, expr),
      "during an outage": describe(outage.values[i]!, expr),
    }));
    const row = (panel: string, ...[good, bad]: string[]) => ({
      panel,
      expression: "",
      "in good health": good ?? "",
      "during an outage": bad ?? "",
    });
    const missed = expressions
      .filter(
        ({ expr }, i) => healthy[i]!.length + outage.values[i]!.length === 0 && !reasonFor(expr),
      )
      .map(({ title, expr }) => `${title} shows nothing: ${expr}`);
    if (targets.some((health) => health !== "up")) missed.push(`targets: ${targets.join(", ")}`);
    const wrong = healthyAlerts.filter((name) => UNLIKE_HEALTH.includes(name));
    if (wrong.length > 0) missed.push(`${wrong.join(", ")} in good health`);
    if (!outage.noticed) missed.push(`in the outage: only ${outage.alerts.join(", ")}`);
    return {
      rows: [
        row("targets", `${targets.length} up`),
        row("alerts that fire", healthyAlerts.join(", "), outage.alerts.join(", ")),
        ...rows,
      ],
      missed,
    };
  });

/** Alerts that an outage must cause. */
const OUTAGE = ["PoolExhausted", "WorkerMissing", "Errors"];

/** What shows nothing here, and why. */
const EMPTY: Readonly<Record<string, string>> = {
  berth_client_retries_total: "no retries: web's Retry-After is longer than feed's calls may take",
};
const reasonFor = (expr: string): string | undefined =>
  Object.entries(EMPTY).find(([metric]) => expr.includes(metric))?.[1];

/** Alerts that no load on a busy machine may cause. */
const UNLIKE_HEALTH = [
  "InstanceDown",
  "InstanceRestarting",
  "Errors",
  "CircuitOpen",
  "WorkerMissing",
  "DrainTooLong",
];

const evaluate = (
  prometheus: Prometheus,
  expressions: readonly Expression[],
): Promise<Sample[][]> => Promise.all(expressions.map(({ expr }) => prometheus.query(expr)));

const firing = async (prometheus: Prometheus): Promise<string[]> => {
  const alerts = await prometheus.alerts();
  return [...new Set(alerts.filter(({ state }) => state === "firing").map(({ name }) => name))];
};

/** Stops the event loop of one worker. @returns A function that lets it go on. */
function stopWorker(supervisor: Run): () => void {
  const worker = supervisor.processes().find(({ pid }) => pid !== supervisor.pid)!;
  process.kill(worker.pid, "SIGSTOP");
  return () => {
    // Its supervisor kills it after half a minute.
    if (supervisor.processes().some(({ pid }) => pid === worker.pid))
      process.kill(worker.pid, "SIGCONT");
  };
}

/** Sends what is no HTTP; resolves when the instance has closed the connection. */
const sendGarbage = (port: number): Promise<void> =>
  new Promise((resolve) => {
    connect(port, "127.0.0.1")
      .on("error", () => undefined)
      .on("close", () => resolve())
      .end("garbage\r\n\r\n")
      .resume();
  });

/** The number of series, and their least and greatest value. */
function describe(samples: readonly Sample[], expr: string): string {
  if (samples.length === 0) return reasonFor(expr) ?? "nothing";
  const values = samples.map(({ value }) => value).filter((value) => !Number.isNaN(value));
  const range = [Math.min(...values), Math.max(...values)].map((value) =>
    Number(value.toPrecision(3)).toString(),
  );
  const shown = values.length === 0 ? "NaN" : [...new Set(range)].join(" to ");
  return `${samples.length} × ${shown}`;
}
