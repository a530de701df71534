import { createRedis, type Redis } from "../../../src/chassis/backing/redis";
import { BackingServiceUnavailable } from "../../../src/chassis/backing/unavailable";
import { createTestLogger } from "../support/app";
import { createTestRedis, describeWithRedis, type TestRedis } from "../support/redis";

let server: TestRedis;
let redis: Redis;
let messages: () => unknown[];
beforeEach(async () => {
  server = await createTestRedis();
  const { logger, log } = createTestLogger();
  messages = () => log.map(({ msg }) => msg);
  redis = createRedis({ url: server.url, logger });
});
afterEach(async () => {
  await redis.close();
  await server.stop();
});

const AWAY = "redis does not answer, calls to it wait or fail at once";
const BACK = "redis answers again";

/** Asks until it answers. */
async function untilAnswered(): Promise<void> {
  while ((await redis.ping().catch(() => undefined)) !== "PONG");
}

/** Asks until it has been found to be away. */
async function untilAway(): Promise<void> {
  while (!messages().includes(AWAY)) {
    await expect(redis.ping()).rejects.toBeInstanceOf(BackingServiceUnavailable);
  }
}

describeWithRedis("an attached Redis", () => {
  it("answers commands, and tells one that is wrong from one that cannot be answered", async () => {
    await server.start();
    await untilAnswered();
    expect(await redis.send("INCR", "visits")).toBe(1);
    await expect(redis.send("LPUSH", "visits", "x")).rejects.toThrow(/^WRONGTYPE/);
    await redis.send("CONFIG", "SET", "maxmemory", 1);
    await expect(redis.send("SET", "a", "b")).rejects.toMatchObject({
      name: "BackingServiceUnavailable",
      status: 503,
      cause: { message: expect.stringMatching(/^OOM/) as string },
    });
  });

  it("is found when it comes up later than the process", async () => {
    await untilAway();
    await expect(redis.ping()).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
    await server.start();
    await untilAnswered();
    expect(messages()).toEqual([AWAY, BACK]);
  });

  it("is used again after it was gone, or mute, and logged once for each", async () => {
    await server.start();
    await untilAnswered();
    await server.stop();
    await untilAway();
    await server.start();
    await untilAnswered();
    expect(messages().slice(-2)).toEqual([AWAY, BACK]);

    const before = messages().length;
    await server.freeze();
    while (messages().length === before) {
      await expect(redis.ping()).rejects.toBeInstanceOf(BackingServiceUnavailable);
    }
    await server.thaw();
    await untilAnswered();
    expect(messages().slice(before)).toEqual([AWAY, BACK]);
  });
});
