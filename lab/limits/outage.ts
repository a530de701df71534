// An outage of Redis under load.
import { setTimeout as sleep } from "node:timers/promises";
import { type Run, until } from "port-contract/harness";
import { type RequestResult, countOf, type Load } from "./load";
import type { Redis } from "./redis";
import { urlOf } from "./service";

/** The observations of an outage. */
export interface Outage {
  /** The responses during the outage. */
  results: RequestResult[];
  /** The response of `/readyz` of each instance at the end of the outage. */
  readiness: string[];
  /** How often each instance logged the start and the end of the outage. */
  logged: { away: number[]; back: number[] };
  /** From the end of the outage until every instance uses Redis again; undefined when one never does. */
  backAfterS: number | undefined;
}

/** How an outage begins and ends. */
export interface Fault {
  title: string;
  begin: (redis: Redis) => unknown;
  end: (redis: Redis) => unknown;
}

export const FAULTS: readonly Fault[] = [
  { title: "Redis killed", begin: (redis) => redis.kill(), end: (redis) => redis.start() },
  { title: "Redis frozen", begin: (redis) => redis.freeze(), end: (redis) => redis.thaw() },
];

const LASTS_MS = 3000;
const NOTICED_LIMIT_MS = 30_000;
const LOOK_MS = 200;

const AWAY = "redis is not responding: circuit breaker open, calls wait or fail at once";
const BACK = "redis is responding again: circuit breaker closed";

/** Causes an outage of 3 s, and waits until Redis is used again. @throws Error when nothing is limited before */
export async function outage(
  { begin, end }: Fault,
  redis: Redis,
  instances: readonly Run[],
  load: Load,
): Promise<Outage> {
  const isLimited = () => countOf(load.take(), 429) > 0;
  if (!(await until(isLimited, NOTICED_LIMIT_MS, LOOK_MS))) throw new Error("nothing is limited");
  const counts = (message: string) => instances.map((run) => countIn(run, message));
  const before = { away: counts(AWAY), back: counts(BACK) };
  const since = (message: string, then: number[]) =>
    counts(message).map((count, i) => count - then[i]!);

  await begin(redis);
  load.take();
  await sleep(LASTS_MS);
  const readiness = await Promise.all(instances.map(readinessOf));
  const results = load.take();
  await end(redis);
  const endedAt = performance.now();
  const areBack = () => since(BACK, before.back).every((count) => count > 0);
  const isOver = await until(areBack, NOTICED_LIMIT_MS);
  return {
    results,
    readiness,
    logged: { away: since(AWAY, before.away), back: since(BACK, before.back) },
    backAfterS: isOver ? (performance.now() - endedAt) / 1000 : undefined,
  };
}

async function readinessOf(instance: Run): Promise<string> {
  const res = await fetch(`${urlOf(instance)}/readyz`);
  return `${res.status} ${JSON.stringify(((await res.json()) as { checks: unknown }).checks)}`;
}

const countIn = ({ output }: Run, message: string): number =>
  output.text().split(`"msg":${JSON.stringify(message)}`).length - 1;
