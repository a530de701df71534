import request from "supertest";
import { createRedis } from "../../src/redis/redis";
import { rateLimit } from "../../src/http/rate-limit";
import { setProcessLogger } from "../../src/process/work-context";
import {
  createTestApp,
  createTestLogger,
  problem,
  type TestAppOptions,
} from "../../src/testing/app";
import { createTestRedis, describeWithRedis } from "../../src/testing/redis";

const TOO_MANY = problem(429, "Too Many Requests", {
  detail: "Too many requests: try again later.",
});

/** An app that allows each client two requests per minute. */
function limited(options: Partial<TestAppOptions> = {}) {
  const middleware = [rateLimit({ perMinute: 2, name: "test" })];
  const { app } = createTestApp((router) => router.get("/x", (_req, res) => void res.json({})), {
    ...options,
    middleware,
  });
  /** How many of these requests are allowed. */
  const allowed = async (...headers: Record<string, string>[]) => {
    let count = 0;
    for (const header of headers) {
      const { status } = await request(app).get("/x").set(header);
      if (status === 200) count++;
      else expect(status).toBe(429);
    }
    return count;
  };
  return { app, allowed };
}

const from = (...addresses: string[]) =>
  addresses.map((address) => ({ "X-Forwarded-For": address }));

describe("a rate limit", () => {
  it("sends what is left in headers, and a 429 with Retry-After over the limit", async () => {
    const { app } = limited();
    const first = await request(app).get("/x");
    expect([first.status, first.headers["ratelimit-policy"], first.headers.ratelimit]).toEqual([
      200,
      expect.stringMatching(/^"2-in-1min"; q=2; w=60; pk=:[\w+/=]+:$/),
      expect.stringMatching(/^"2-in-1min"; r=1; t=([1-9]|[1-5]\d|60)$/),
    ]);
    await request(app).get("/x");
    const res = await request(app).get("/x");
    expect([res.status, res.type, JSON.parse(res.text)]).toEqual([
      429,
      "application/problem+json",
      TOO_MANY,
    ]);
    expect(res.headers.ratelimit).toMatch(/^"2-in-1min"; r=0; t=\d+$/);
    expect(res.headers["retry-after"]).toMatch(/^([1-9]|[1-5]\d|60)$/);
  });

  it("counts requests without a route, and not those of the probes", async () => {
    const { app } = limited();
    for (const path of ["/nothing", "/livez", "/readyz", "/x", "/livez"]) {
      expect((await request(app).get(path)).status).not.toBe(429);
    }
    for (const [path, status] of Object.entries({
      "/nothing": 429,
      "/livez": 200,
      "/readyz": 200,
    })) {
      expect((await request(app).get(path)).status).toBe(status);
    }
  });

  it("cannot be evaded by a forged address", async () => {
    expect(await limited().allowed(...from("192.0.2.1", "192.0.2.2", "192.0.2.3"))).toBe(2);
    const behindOne = limited({ trustProxy: 1 });
    const forged = ["192.0.2.1, 198.51.100.1", "192.0.2.2, 198.51.100.1", "x,198.51.100.1"];
    expect(await behindOne.allowed(...from(...forged))).toBe(2);
    const madeUp = limited({ trustProxy: 1 });
    expect(await madeUp.allowed(...from("one", "two", "three", "192.0.2.1:http", ""))).toBe(2);
  });

  it("applies to each client separately behind a trusted proxy", async () => {
    const { allowed } = limited({ trustProxy: 1 });
    expect(await allowed(...from("192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"))).toBe(3);
    const withPorts = limited({ trustProxy: 1 });
    const clients = ["192.0.2.1:1", "192.0.2.1:2", "192.0.2.1:3", "192.0.2.2:1"];
    expect(await withPorts.allowed(...from(...clients, "[2001:db8::7]:443"))).toBe(4);
  });

  it("counts an IPv6 subnet as one client, and a mapped IPv4 address as IPv4", async () => {
    const network = limited({ trustProxy: 1 });
    expect(
      await network.allowed(...from("2001:db8::1", "2001:DB8:0:0:1::2", "2001:db8:0:00ff::3")),
    ).toBe(2);
    expect(await network.allowed(...from("2001:db8:0:100::1"))).toBe(1);
    const mapped = limited({ trustProxy: 1 });
    expect(
      await mapped.allowed(
        ...from("192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201", "192.0.2.2"),
      ),
    ).toBe(3);
  });

  it("resets after a minute, even if the clock is set meanwhile", async () => {
    const { app } = limited();
    for (let i = 0; i < 2; i++) await request(app).get("/x");
    const now = Date.now();
    for (const hours of [-1, 1]) {
      const clock = jest.spyOn(Date, "now").mockReturnValue(now + hours * 3_600_000);
      const res = await request(app).get("/x");
      clock.mockRestore();
      expect(res.status).toBe(429);
      expect(res.headers["retry-after"]).toMatch(/^([1-9]|[1-5]\d|60)$/);
    }
  });

  it("lets all requests pass while its store is unavailable, and prints nothing itself", async () => {
    const printed = jest.spyOn(console, "error").mockImplementation();
    const send = () => Promise.reject(new Error("away"));
    const { app, log } = createTestApp(
      (router) => router.get("/x", (_req, res) => void res.json({})),
      { middleware: [rateLimit({ perMinute: 1, name: "test", redis: { send } })] },
    );
    for (let i = 0; i < 3; i++) expect((await request(app).get("/x")).status).toBe(200);
    expect(printed).not.toHaveBeenCalled();
    expect(log.filter(({ level }) => level !== "info")).toEqual([]);
  });
});

/** What the process logs from now on, except requests. */
function warnings() {
  const { logger, log } = createTestLogger();
  setProcessLogger(logger);
  return () => log.map(({ level, msg }) => [level, msg]);
}

describe("a rate limit behind a proxy", () => {
  it("warns once if no proxy is trusted, without being configured to", async () => {
    const said = warnings();
    const { allowed } = limited();
    await allowed({});
    expect(said()).toEqual([]);
    await allowed(...from("192.0.2.1", "192.0.2.2"));
    expect(said()).toEqual([["warn", expect.stringContaining("set TRUST_PROXY") as string]]);
  });

  it("does not warn if the proxy is trusted", async () => {
    const said = warnings();
    await limited({ trustProxy: 1 }).allowed(...from("192.0.2.1"));
    await limited({ trustProxy: ["10.0.0.0/8"] }).allowed(...from("192.0.2.1"));
    expect(said()).toEqual([]);
  });
});

describeWithRedis("a rate limit in Redis", () => {
  /** Sends three requests where two are allowed. */
  async function askThrice(
    prepare: (send: ReturnType<typeof createRedis>["send"]) => Promise<unknown>,
  ) {
    const server = await createTestRedis();
    await server.start();
    const redis = createRedis({ url: server.url, logger: createTestLogger().logger });
    try {
      while ((await redis.send("PING").catch(() => undefined)) !== "PONG");
      await prepare(redis.send);
      const { app } = createTestApp(
        (router) => router.get("/x", (_req, res) => void res.json({})),
        {
          middleware: [rateLimit({ perMinute: 2, name: "test", redis })],
        },
      );
      const statuses: number[] = [];
      for (let i = 0; i < 3; i++) statuses.push((await request(app).get("/x")).status);
      return { statuses, ttl: await redis.send("PTTL", "test:requests:127.0.0.1") };
    } finally {
      await redis.close();
      await server.stop();
    }
  }

  it("sets an expiry on a counter that has none", async () => {
    const { statuses, ttl } = await askThrice((send) => send("SET", "test:requests:127.0.0.1", 5));
    expect(statuses).toEqual([429, 429, 429]);
    expect(ttl).toBeGreaterThan(0);
  });

  it("lets requests pass that Redis refuses to count, and warns once", async () => {
    const said = warnings();
    const forbid = ["SETUSER", "default", "-eval"];
    const { statuses } = await askThrice((send) => send("ACL", ...forbid));
    expect(statuses).toEqual([200, 200, 200]);
    expect(said()).toEqual([["warn", expect.stringMatching(/^Redis refused to count/)]]);
  });
});
