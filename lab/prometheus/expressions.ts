// The PromQL expressions of docs/operate: those of the dashboard's panels, and those of the alert rules.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(__dirname, "../../docs/operate");
export const ALERTS_FILE = join(FOLDER, "alerts.yaml");
export const readAlerts = (): string => readFileSync(ALERTS_FILE, "utf8");

/** The members of a dashboard that are read here. */
export interface Dashboard {
  schemaVersion: number;
  templating: { list: { name: string; type: string }[] };
  panels: { title: string; datasource?: object; targets?: { expr: string }[] }[];
}

export const readDashboard = (): Dashboard =>
  JSON.parse(readFileSync(join(FOLDER, "dashboard.json"), "utf8")) as Dashboard;

/** An expression, and where it stands. */
export interface Expression {
  /** The title of its panel, or the name of its alert. */
  title: string;
  expr: string;
}

/** Those of the panels, for all jobs. @param interval What Grafana would insert for `$__rate_interval`. */
export const panelExpressions = (interval = "1m"): Expression[] =>
  readDashboard().panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({
      title,
      expr: expr.replaceAll("$__rate_interval", interval).replaceAll("$job", ".+"),
    })),
  );

/** Those of the alerts. */
export const alertExpressions = (): Expression[] =>
  [
    ...readAlerts().matchAll(
      /- alert: (\w+)\n(?: +#.*\n)* +expr: (?:\|\n((?: {10}.*\n)+)|(.*)\n)/g,
    ),
  ].map(([, title = "", block, line = ""]) => ({ title, expr: (block ?? line).trim() }));

const KEYWORDS = new Set(["and", "or", "unless", "bool", "offset"]);

/** The metrics that an expression reads. */
export function metricsIn(expr: string): string[] {
  const names = expr
    .replaceAll(/"[^"]*"/g, '""')
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]|\b(by|on|without|ignoring) \([^)]*\)/g, " ")
    .match(/\b[a-z_]\w*\b(?! *\()/g);
  return (names ?? []).filter((name) => !KEYWORDS.has(name));
}
