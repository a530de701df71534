import {
  atEnd,
  createTestRedis,
  describeWithRedis,
  fetchAlone,
  recordLoadedFiles,
  startMigratedPostgres,
  type TestRedis,
  type TestServer,
} from "berth/testing";
import { startService } from "./support/service";

const LIMIT = 10;

describe("the limit of requests, when it is off", () => {
  it("is not even loaded, and neither is Redis", async () => {
    /** The packages that a process has loaded once it listens. */
    const loaded = async (env: Record<string, string>) => {
      const record = recordLoadedFiles();
      const server = await startService({ ...env, ...record.env });
      server.child.kill("SIGTERM");
      await server.exit;
      return record.packages("express-rate-limit", "ioredis");
    };
    expect(await loaded({})).toEqual([]);
    const on = { RATE_LIMIT_PER_MINUTE: "1", REDIS_URL: "redis://127.0.0.1:1" };
    expect(await loaded(on)).toEqual(["express-rate-limit", "ioredis"]);
  });
});

describeWithRedis("the limit of requests over two processes", () => {
  let redis: TestRedis;
  let servers: TestServer[];
  beforeAll(async () => {
    redis = await createTestRedis();
    atEnd(() => redis.stop());
    await redis.start();
    const { url } = await startMigratedPostgres();
    const env = { DATABASE_URL: url, REDIS_URL: redis.url, RATE_LIMIT_PER_MINUTE: String(LIMIT) };
    servers = [await startService(env), await startService(env)];
  });

  let forged = 0;
  /** Asks each process once; resolves with their statuses. */
  const askAll = () =>
    Promise.all(
      servers.map(async ({ url }) => {
        const headers = { "X-Forwarded-For": `192.0.2.${forged++ % 256}` };
        return (await fetch(url, { headers })).status;
      }),
    );

  const logged = (text: string) =>
    servers.map((server) => server.log().filter(({ msg }) => msg === text).length);
  const checks = () =>
    Promise.all(
      servers.map(async ({ url }) => {
        const res = await fetchAlone(`${url}/readyz`);
        const { checks } = (await res.json()) as { checks: { redis: string } };
        return [res.status, checks.redis];
      }),
    );
  const each = <T>(value: T) => servers.map(() => value);

  it("holds for both together, whatever address is forged", async () => {
    const statuses = (await Promise.all(Array.from({ length: LIMIT * 2 }, askAll))).flat();
    expect(statuses.filter((status) => status === 200)).toHaveLength(LIMIT);
    expect(statuses.filter((status) => status === 429)).toHaveLength(LIMIT * 3);
    // The first check may time out while modules are still being loaded.
    while ((await checks()).some(([, redis]) => redis !== "ok"));
    expect(await checks()).toEqual(each([200, "ok"]));
  });

  /** Sends requests until the log of each process has the line as often as expected. */
  async function askUntil(text: string, times: number): Promise<Set<number>> {
    const seen = new Set<number>();
    while (logged(text).some((count) => count < times)) {
      for (const status of await askAll()) seen.add(status);
    }
    return seen;
  }

  it.each([
    ["is killed", 1, () => redis.stop(), () => redis.start()],
    ["hangs", 2, () => redis.freeze(), () => redis.thaw()],
  ])("lets all pass while Redis %s, says so once, and comes back by itself", async (...outage) => {
    const [, times, begin, end] = outage;
    await begin();
    await askUntil(
      "redis is not responding: circuit breaker open, calls wait or fail at once",
      times,
    );
    expect(await askAll()).toEqual(each(200));
    expect(await checks()).toEqual(each([200, "failed"]));
    await end();
    await askUntil("redis is responding again: circuit breaker closed", times);
    let statuses = await askAll();
    while (statuses.some((status) => status !== 429)) statuses = await askAll();
    expect(
      logged("redis is not responding: circuit breaker open, calls wait or fail at once"),
    ).toEqual(each(times));
  });
});
