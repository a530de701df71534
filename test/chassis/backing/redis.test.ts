import { join } from "node:path";
import { inspect } from "node:util";
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

  it("is away for its check, too, while it answers that, and takes no writes", async () => {
    await server.start();
    await untilAnswered();
    await redis.send("CONFIG", "SET", "maxmemory", 1);
    const cause = { message: expect.stringMatching(/^OOM/) as string };
    await expect(redis.send("SET", "a", "b")).rejects.toMatchObject({ cause });
    await expect(redis.ping()).rejects.toMatchObject({ cause });
    await redis.send("CONFIG", "SET", "maxmemory", 0);
    await redis.send("SET", "a", "b");
    expect(await redis.ping()).toBe("PONG");
  });

  it("is away when it does not take the password, which nobody gets to see", async () => {
    await server.start();
    await untilAnswered();
    await redis.send("CONFIG", "SET", "requirepass", "right");
    const { logger, log } = createTestLogger();
    const stranger = createRedis({ url: server.url.replace("//", "//:wr0ng%40@"), logger });
    const failures: unknown[] = [];
    while (log.length === 0) failures.push(await stranger.ping().catch((err: unknown) => err));
    await stranger.close();
    expect(failures.at(-1)).toMatchObject({
      cause: { message: expect.stringMatching(/^WRONGPASS/) as string },
    });
    expect(log.map(({ msg }) => msg)).toEqual([AWAY]);
    expect(inspect([log, failures], { depth: 9 })).not.toContain("wr0ng");
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

describeWithRedis("a Redis that is attached by TLS", () => {
  const authority = join(__dirname, "../support/certificates/authority.crt");

  /** How it answers, or why it does not. */
  async function answerOf(url: string): Promise<unknown> {
    const { logger, log } = createTestLogger();
    const attached = createRedis({ url, logger });
    let answer: unknown;
    do answer = await attached.ping().catch((err: Error) => (err.cause as { code: string }).code);
    while (answer !== "PONG" && log.length === 0);
    await attached.close();
    return answer;
  }

  it("is believed with a certificate that is trusted, or when nobody asks for one", async () => {
    server = await createTestRedis({ isTls: true });
    await server.start();
    const { url } = server;
    expect(await answerOf(`${url}?ssl_ca_certs=${authority}`)).toBe("PONG");
    expect(await answerOf(`${url}?ssl_cert_reqs=none`)).toBe("PONG");
    expect(await answerOf(url)).toBe("SELF_SIGNED_CERT_IN_CHAIN");
    const elsewhere = url.replace("localhost", "127.0.0.1");
    expect(await answerOf(`${elsewhere}?ssl_ca_certs=${authority}`)).toBe(
      "ERR_TLS_CERT_ALTNAME_INVALID",
    );
  });
});
