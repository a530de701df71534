// The dashboard and the alert rules of docs/operate: they read what a service has, are valid, and are documented.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { emptyFolder, startMigratedPostgres, startSource, stopProcesses } from "berth/testing";
import { testEnv } from "../../../test/support/env";
import {
  alertExpressions,
  ALERTS_FILE,
  type Expression,
  metricsIn,
  panelExpressions,
  readAlerts,
  readDashboard,
} from "../expressions";

const expressions: readonly Expression[] = [...panelExpressions(), ...alertExpressions()];
const page = readFileSync(join(__dirname, "../../../docs/operate.md"), "utf8");

/** The names of the metrics that a process with workers has; those of histograms with their endings. */
async function metricsOfWorkers(): Promise<Set<string>> {
  const { url } = await startMigratedPostgres();
  const env = { ...testEnv, PORT: "0", DATABASE_URL: url, WEB_CONCURRENCY: "2", METRICS_PORT: "0" };
  const service = startSource("src/server.ts", env);
  const line = await service.line(/metrics are on port/);
  await service.line(/is listening on port/);
  const res = await fetch(`http://127.0.0.1:${/on port (\d+)/.exec(line)?.[1]}/metrics`);
  const types = [...(await res.text()).matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  return new Set(
    types.flatMap(([, name = "", type]) =>
      type === "histogram" || type === "summary"
        ? ["_bucket", "_sum", "_count"].map((ending) => name + ending)
        : [name],
    ),
  );
}

afterAll(stopProcesses);

describe("each expression", () => {
  it("reads metrics that a process has; `up` is Prometheus' own", async () => {
    const known = (await metricsOfWorkers()).add("up");
    const unknown = expressions.flatMap(({ title, expr }) =>
      metricsIn(expr)
        .filter((name) => !known.has(name))
        .map((name) => `${title}: ${name}`),
    );
    expect(unknown).toEqual([]);
    expect(expressions.every(({ expr }) => metricsIn(expr).length > 0)).toBe(true);
    expect(alertExpressions()).toHaveLength(readAlerts().split("alert:").length - 1);
  });
});

it("finds the metrics in an expression", () => {
  const expr =
    'sum by (le) (rate(a_bucket{b="c", d=~"e{f}"}[5m])) / on (job) (g_total > bool 0.5) or h offset 5m';
  expect(metricsIn(expr)).toEqual(["a_bucket", "g_total", "h"]);
});

describe("the dashboard", () => {
  it("is of Grafana's current classic schema, and leaves the choice of a Prometheus and a job", () => {
    const { schemaVersion, templating, panels } = readDashboard();
    expect(schemaVersion).toBe(42);
    expect(templating.list.map(({ name, type }) => `${type} ${name}`)).toEqual([
      "datasource datasource",
      "query job",
    ]);
    const charts = panels.filter(({ targets }) => targets);
    for (const { datasource } of charts) {
      expect(datasource).toEqual({ type: "prometheus", uid: "${datasource}" });
    }
    const texts = charts.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    expect(texts.filter((expr) => !expr.includes('{job=~"$job"'))).toEqual([]);
  });
});

describe("each alert", () => {
  const rules = readAlerts()
    .split(/^ +- alert: /m)
    .slice(1);

  it.each(rules.map((text) => [/^\w+/.exec(text)?.[0] ?? "", text]))(
    "%s has a severity, a summary, and a row in the page that its runbook names",
    (name, text) => {
      expect(text).toMatch(/^ +labels: \{ severity: (critical|warning) \}$/m);
      expect(text).toMatch(/^ +summary: "\{\{ \$labels\.job \}\}: .+"$/m);
      expect(text).toContain("runbook: docs/operate.md#dashboard-and-alerts\n");
      expect(page).toMatch(new RegExp(`^\\| \`${name}\` `, "m"));
      expect(page).toContain("\n## Dashboard and alerts\n");
    },
  );
});

const isInstalled = spawnSync("promtool", ["--version"]).status === 0;
const describeWithPromtool = isInstalled ? describe : describe.skip;

describeWithPromtool(`promtool${isInstalled ? "" : " (skipped: it is not installed)"}`, () => {
  const promtool = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync("promtool", args, { encoding: "utf8" });
    return { status, output: stdout + stderr };
  };

  it("accepts the rules, and finds that they fire when they should", () => {
    expect(promtool("check", "rules", ALERTS_FILE)).toMatchObject({ status: 0 });
    const tested = promtool("test", "rules", join(__dirname, "../alerts.test.yaml"));
    expect(tested).toEqual({ status: 0, output: expect.stringContaining("SUCCESS") as string });
    const names = alertExpressions().map(({ title }) => title);
    const tests = readFileSync(join(__dirname, "../alerts.test.yaml"), "utf8");
    expect(names.filter((name) => !tests.includes(`alertname: ${name}\n`))).toEqual([]);
  });

  it("can read the expression of each panel", () => {
    const rules = panelExpressions().map(({ expr }, i) => ({ record: `panel_${i}`, expr }));
    const file = join(emptyFolder(), "panels.json");
    writeFileSync(file, JSON.stringify({ groups: [{ name: "panels", rules }] }));
    expect(promtool("check", "rules", file)).toMatchObject({ status: 0 });
  });
});
