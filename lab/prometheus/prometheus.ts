// Starts Debian's Prometheus, and asks it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startRun, until } from "port-contract/harness";
import { freePort } from "port-contract/ports";
import { requireProgram } from "../recipes/missing";
import { scratchFolder } from "../recipes/scratch";

/** What Prometheus scrapes, by name of the job. */
export type Targets = Readonly<Record<string, readonly number[]>>;

/** A value that a query has found. */
export interface Sample {
  metric: Readonly<Record<string, string>>;
  value: number;
}

/** An alert whose condition is true. */
export interface Alert {
  name: string;
  state: "pending" | "firing";
  labels: Readonly<Record<string, string>>;
}

/** A running Prometheus. */
export interface Prometheus {
  /** @throws Error with its message when it does not accept the expression */
  query: (expr: string) => Promise<Sample[]>;
  alerts: () => Promise<Alert[]>;
  /** `up`, or the last error, by instance. */
  targets: () => Promise<Readonly<Record<string, string>>>;
  reap: () => Promise<void>;
}

const START_LIMIT_MS = 60_000;

/**
 * Starts Prometheus on a free port; it scrapes every second, or every two seconds those of `slow`, and evaluates the rules
 * every second.
 *
 * @throws Error with its output when it does not start
 */
export async function startPrometheus(
  targets: Targets,
  slow: Targets,
  token: string,
  rules: string,
): Promise<Prometheus> {
  requireProgram("prometheus", "prometheus");
  const { folder, remove } = scratchFolder("prometheus");
  const jobs = (of: Targets, interval: string) =>
    Object.entries(of).map(([name, ports]) => ({
      job_name: name,
      scrape_interval: interval,
      authorization: { credentials: token },
      static_configs: [{ targets: ports.map((port) => `127.0.0.1:${port}`) }],
    }));
  // JSON is YAML.
  const config = {
    global: { evaluation_interval: "1s" },
    rule_files: ["alerts.yaml"],
    scrape_configs: [...jobs(targets, "1s"), ...jobs(slow, "2s")],
  };
  writeFileSync(join(folder, "prometheus.yaml"), JSON.stringify(config));
  writeFileSync(join(folder, "alerts.yaml"), rules);
  const port = await freePort();
  const run = startRun([
    "prometheus",
    `--config.file=${join(folder, "prometheus.yaml")}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--log.level=warn",
  ]);
  const reap = async () => {
    await run.reap();
    remove();
  };
  const url = `http://127.0.0.1:${port}`;
  const isReady = () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  if (!(await until(isReady, START_LIMIT_MS, 100))) {
    await reap();
    throw new Error(`Prometheus is not ready; its output:\n${run.output.text()}`);
  }

  async function ask<T>(path: string): Promise<T> {
    const res = await fetch(`${url}/api/v1/${path}`);
    const { data, error } = (await res.json()) as { data?: T; error?: string };
    if (data === undefined) throw new Error(`${path}: ${error}`);
    return data;
  }

  return {
    async query(expr) {
      const { result } = await ask<{
        result: { metric: Record<string, string>; value: [number, string] }[];
      }>(`query?query=${encodeURIComponent(expr)}`);
      return result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
    },
    async alerts() {
      const { alerts } = await ask<{
        alerts: { state: Alert["state"]; labels: Record<string, string> }[];
      }>("alerts");
      return alerts.map(({ state, labels }) => ({ name: labels.alertname ?? "", state, labels }));
    },
    async targets() {
      const { activeTargets } = await ask<{
        activeTargets: { labels: { instance: string }; health: string; lastError: string }[];
      }>("targets");
      return Object.fromEntries(
        activeTargets.map(({ labels, health, lastError }) => [
          labels.instance,
          lastError || health,
        ]),
      );
    },
    reap,
  };
}
