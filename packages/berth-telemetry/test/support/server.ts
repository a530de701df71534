// Starts the observed service of the tests.
import { join } from "node:path";
import { asServer, startProcess, type TestProcess, type TestServer } from "berth/testing";
import { TOKEN } from "./observed";

/** Starts it without waiting. */
export const launch = (env: Record<string, string>): TestProcess =>
  startProcess(join(__dirname, "service.js"), { PORT: "0", HOST: "127.0.0.1", ...env });

/** Starts it on a free port; resolves once it listens. */
export const startService = (env: Record<string, string> = {}): Promise<TestServer> =>
  asServer(launch({ METRICS_TOKEN: TOKEN, ...env }));

/** The lines of metrics that begin with a name. */
export async function metric(url: string, name: string, token = TOKEN): Promise<string[]> {
  const res = await fetch(`${url}/metrics`, {
    headers: { Authorization: `Bearer ${token}`, Connection: "close" },
  });
  if (res.status !== 200) throw new Error(`${res.status} ${await res.text()}`);
  return (await res.text()).split("\n").filter((line) => line.startsWith(name));
}

/** The sum of the values of lines. */
export const sum = (lines: readonly string[]): number =>
  lines.reduce((total, line) => total + Number(line.slice(line.lastIndexOf(" "))), 0);

/** The port of the metrics of a process with METRICS_PORT=0. */
export async function metricsUrl(server: TestProcess): Promise<string> {
  const line = await server.line(METRICS_PORT);
  return `http://127.0.0.1:${METRICS_PORT.exec(line)?.[1]}`;
}

const METRICS_PORT = /metrics are on port (\d+)/;

/** Logged messages of level warn. */
export const warnings = ({ log }: Pick<TestServer, "log">): string[] =>
  log()
    .filter(({ level }) => level === "warn" || level === "error")
    .map(({ msg }) => String(msg));
