// Experiment: a table is locked, until its alert fires; then it is unlocked.
import { until } from "port-contract/harness";
import type { ExperimentOptions, Finding } from "../experiments/run";
import { countOf, startLoad } from "../limits/load";
import { urlOf } from "../limits/service";
import { whileLocked, withSystem } from "./system";

const ALERT = "PoolExhausted";
const LIMIT_MS = 60_000;

/** Shows the queue of the connection pool, and the alert, from before the outage until after it. */
export const outage = (options: ExperimentOptions): Promise<Finding> =>
  withSystem(options, async ({ prometheus, databaseUrl, instances }) => {
    const sum = async (metric: string): Promise<number> =>
      (await prometheus.query(`sum(${metric}{job="web"})`))[0]?.value ?? NaN;
    const waiting = () => sum("db_client_connection_pending_requests");
    const timeouts = () => sum("db_client_connection_timeouts_total");
    const alert = async (): Promise<string> => {
      const states = (await prometheus.alerts())
        .filter(({ name, labels }) => name === ALERT && labels.job === "web")
        .map(({ state }) => state);
      return states.includes("firing") ? "firing" : (states[0] ?? "inactive");
    };
    const urls = instances.map((run) => `${urlOf(run)}/notes`);
    let since = performance.now();
    const rows: Record<string, string>[] = [];
    const note = async (moment: string): Promise<void> => {
      const used = await prometheus.query('sum(db_client_connections{job="web", state="used"})');
      rows.push({
        "": moment,
        "after s": ((performance.now() - since) / 1000).toFixed(1),
        "in use": `${used[0]?.value}`,
        "of most": `${await sum("db_client_connection_max")}`,
        waiting: `${await waiting()}`,
        "got none, in all": `${await timeouts()}`,
        [ALERT]: await alert(),
      });
    };
    const missed: string[] = [];
    /** Waits for what must happen. */
    const must = async (what: string, happens: () => Promise<boolean>): Promise<void> => {
      if (!(await until(happens, LIMIT_MS, 200)))
        missed.push(`${what} within ${LIMIT_MS / 1000} s`);
      await note(what);
    };

    await must("all pools are open", async () => (await sum("db_client_connections")) > 0);
    since = performance.now();
    const load = startLoad(urls);
    const results = await whileLocked(databaseUrl, async () => {
      await must("requests wait", async () => (await waiting()) > 0);
      await must("some get no connection", async () => (await timeouts()) > 0);
      await must("the alert is pending", async () => (await alert()) !== "inactive");
      await must("the alert fires", async () => (await alert()) === "firing");
      return load.take();
    });
    since = performance.now();
    await must("unlocked: nobody waits", async () => (await waiting()) === 0);
    await load.stop();
    await must("the alert is over", async () => (await alert()) === "inactive");
    const unavailable = countOf(results, 503);
    rows.push({ "": `responses of the load: ${unavailable} × 503 of ${results.length}` });
    if (unavailable === 0) missed.push("no request has failed");
    return { rows, missed };
  });
