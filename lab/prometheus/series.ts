// Experiment: 10,000 random paths make no series; and promtool accepts what is scraped.
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { until } from "port-contract/harness";
import type { ExperimentOptions, Finding } from "../experiments/run";
import { askEach } from "../limits/load";
import { urlOf } from "../limits/service";
import { TOKEN, withSystem } from "./system";

const PATHS = 10_000;
const LIMIT_MS = 60_000;

/** Counts the series of an instance before and after. */
export const series = (options: ExperimentOptions): Promise<Finding> =>
  withSystem(options, async ({ prometheus, instances }) => {
    const [instance] = instances;
    const own = `instance="127.0.0.1:${instance!.port}"`;
    const value = async (expr: string): Promise<number> =>
      (await prometheus.query(expr))[0]?.value ?? 0;
    const requests = () => value(`sum(http_server_request_duration_seconds_count{${own}})`);
    const ofRequests = () => value(`count({__name__=~"http_server_.+", ${own}})`);
    const all = () => value(`scrape_samples_scraped{${own}}`);

    const counts = async () => {
      // One scrape may be under way.
      const scrapes = () => value(`count_over_time(up{${own}}[1h])`);
      const enough = (await scrapes()) + 2;
      await until(async () => (await scrapes()) >= enough, LIMIT_MS, 500);
      return { requests: await requests(), ofRequests: await ofRequests(), all: await all() };
    };
    const visit = async (count: number) => {
      const urls = Array.from(
        { length: count },
        (_, i) => `${urlOf(instance!)}/${i % 2 ? "" : "notes/"}${randomUUID()}`,
      );
      const none = urls.map(() => ({}));
      return askEach(urls, none);
    };

    // Each route and status that there is.
    await until(async () => (await requests()) > 1000, LIMIT_MS, 500);
    await visit(10);
    const before = await counts();
    const responses = await visit(PATHS);
    const after = await counts();

    const missed: string[] = [];
    const counted = after.requests - before.requests;
    if (counted < PATHS) missed.push(`Prometheus counts ${counted} requests only`);
    if (responses.some(({ status }) => status === 0)) missed.push("some requests had no response");
    if (after.ofRequests !== before.ofRequests) missed.push("paths have made series");
    const refused = await checkMetrics(urlOf(instance!));
    if (refused !== "") missed.push(`promtool check metrics: ${refused}`);
    const row = (moment: string, counts: typeof before) => ({
      "": moment,
      requests: `${counts.requests}`,
      "series of requests": `${counts.ofRequests}`,
      "all series": `${counts.all}`,
    });
    return { rows: [row("before", before), row(`after ${PATHS} random paths`, after)], missed };
  });

/** What promtool says about a scrape: nothing if it is right. */
async function checkMetrics(url: string): Promise<string> {
  const headers = { Authorization: `Bearer ${TOKEN}` };
  const input = await (await fetch(`${url}/metrics`, { headers })).text();
  const { stdout, stderr } = spawnSync("promtool", ["check", "metrics"], {
    input,
    encoding: "utf8",
  });
  return stdout + stderr;
}
