// Experiment: three instances share a rate limit in Redis despite forged addresses, and keep serving during an outage of it.
import { freePort } from "port-contract/ports";
import type { Run } from "port-contract/harness";
import type { Finding } from "../experiments/run";
import { requireProgram } from "../recipes/missing";
import { startRouter } from "../recipes/routers";
import { forgedHeaders } from "./forgeries";
import { type RequestResult, askEach, countOf, percentile, startLoad } from "./load";
import type { Options } from "./options";
import { FAULTS, outage } from "./outage";
import { startPostgres } from "./postgres";
import { type Redis, startRedis } from "./redis";
import { startInstances, urlOf } from "./service";

const INSTANCES = 3;
const ADDRESSES = 100;
/** The longest that the limit may delay a request, in milliseconds. */
const WAIT_LIMIT_MS = 1000;
const SERVING = '200 {"database":"ok","redis":"failed"}';

/** Counts requests that wrongly pass, and those that are delayed or refused during an outage of Redis. */
export async function rate({ node, perMinute }: Options): Promise<Finding> {
  requireProgram("nginx", "nginx-light");
  const redis = await startRedis();
  const postgres = await startPostgres();
  const env = {
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    RATE_LIMIT_PER_MINUTE: String(perMinute),
  };
  const start = (trustProxy: string) =>
    startInstances(node, { ...env, TRUST_PROXY: trustProxy }, INSTANCES);
  const direct = await start("0");
  const behind = await start("1");
  const findings = [
    await forged("forged, TRUST_PROXY=0", direct.map(urlOf), perMinute),
    await behindNginx(behind, redis, perMinute),
    ...(await outages(direct, redis)),
  ];
  await Promise.all([...direct, ...behind].map((run) => run.reap()));
  await redis.kill();
  await postgres.reap();
  return {
    rows: findings.flatMap(({ rows }) => rows),
    missed: findings.flatMap(({ missed }) => missed),
  };
}

/** One client pretends to be hundreds. */
async function forged(what: string, urls: readonly string[], perMinute: number): Promise<Finding> {
  const results = await askEach(urls, forgedHeaders(ADDRESSES));
  const passed = countOf(results, 200);
  return {
    rows: [row(what, results)],
    missed: [
      ...failures(what, results),
      ...(passed === perMinute ? [] : [`${what}: ${passed} passed, not ${perMinute}`]),
    ],
  };
}

async function behindNginx(
  instances: readonly Run[],
  redis: Redis,
  perMinute: number,
): Promise<Finding> {
  const ports = instances.map(({ port }) => port);
  const nginx = await startRouter("nginx", await freePort(), ports);
  await redis.forget();
  const finding = await forged("forged, nginx, TRUST_PROXY=1", [urlOf(nginx)], perMinute);
  await nginx.reap();
  return finding;
}

async function outages(instances: readonly Run[], redis: Redis): Promise<Finding[]> {
  const load = startLoad(instances.map(urlOf));
  const findings: Finding[] = [];
  for (const fault of FAULTS) {
    const { title } = fault;
    const { results, readiness, logged, backAfterS } = await outage(fault, redis, instances, load);
    const missed = failures(title, results);
    if (backAfterS === undefined) missed.push(`${title}: not used again`);
    if (readiness.some((text) => text !== SERVING))
      missed.push(`${title}: /readyz responds ${readiness.join(", ")}`);
    if (percentile(results, 1) > WAIT_LIMIT_MS) missed.push(`${title}: a request waited too long`);
    if ([...logged.away, ...logged.back].some((count) => count !== 1))
      missed.push(`${title}: not logged exactly once by each instance`);
    const log = `away ×${logged.away.join(" ")}, back ×${logged.back.join(" ")}`;
    findings.push({ rows: [row(title, results, backAfterS?.toFixed(2), log)], missed });
  }
  await load.stop();
  return findings;
}

function row(what: string, results: readonly RequestResult[], backAfterS = "", log = "") {
  const [passed, limited] = [countOf(results, 200), countOf(results, 429)];
  return {
    "": what,
    requests: `${results.length}`,
    passed: `${passed}`,
    limited: `${limited}`,
    failed: `${results.length - passed - limited}`,
    "ms: p50, p99, most": [0.5, 0.99, 1].map((of) => percentile(results, of).toFixed(0)).join(", "),
    "s until back": backAfterS,
    "log of each": log,
  };
}

function failures(what: string, results: readonly RequestResult[]): string[] {
  const failed = results.length - countOf(results, 200) - countOf(results, 429);
  return failed > 0 ? [`${what}: ${failed} requests failed`] : [];
}
