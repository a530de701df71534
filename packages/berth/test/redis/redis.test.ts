import { spawnSync } from "node:child_process";
import { mkdtemp, rmdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { createRedis, type Redis } from "../../src/redis/redis";
import { BackingServiceUnavailable } from "../../src/backing/unavailable";
import { createTestLogger } from "../../src/testing/app";
import { createTestRedis, describeWithRedis, type TestRedis } from "../../src/testing/redis";

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

const AWAY = "redis is not responding: circuit breaker open, calls wait or fail at once";
const BACK = "redis is responding again: circuit breaker closed";

const isUsable = ({ ping }: Redis): Promise<boolean> =>
  ping().then(
    () => true,
    () => false,
  );

/** Pings until it succeeds. */
async function untilResponsive(): Promise<void> {
  while (!(await isUsable(redis)));
}

/** Pings until the circuit breaker opens. */
async function untilAway(): Promise<void> {
  while (!messages().includes(AWAY)) {
    await expect(redis.ping()).rejects.toBeInstanceOf(BackingServiceUnavailable);
  }
}

describeWithRedis("an attached Redis", () => {
  it("runs commands, and tells a wrong command from an unavailable server", async () => {
    await server.start();
    await untilResponsive();
    expect(await redis.send("INCR", "visits")).toBe(1);
    await expect(redis.send("LPUSH", "visits", "x")).rejects.toThrow(/^WRONGTYPE/);
    await redis.send("CONFIG", "SET", "maxmemory", 1);
    await expect(redis.send("SET", "a", "b")).rejects.toMatchObject({
      name: "BackingServiceUnavailable",
      status: 503,
      cause: { message: expect.stringMatching(/^OOM/) as string },
    });
  });

  it("is not blamed for a reply that arrived while the event loop was blocked", async () => {
    await server.start();
    await untilResponsive();
    const reply = redis.send("PING");
    // Longer than a command may take.
    spawnSync("sleep", ["0.5"]);
    expect(await reply).toBe("PONG");
  });

  describe("without a command before its check", () => {
    const refusedBy = (word: string) => ({
      name: "BackingServiceUnavailable",
      cause: { message: expect.stringMatching(new RegExp(`^${word}`)) as string },
    });
    /** A data folder for this test. */
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), "berth-redis-"));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    /** Expects the check to fail with this code, also after a read, until `undo` has run. */
    async function expectRefusal(word: string, undo: () => Promise<unknown>) {
      for (let i = 0; i < 2; i++) {
        await expect(redis.ping()).rejects.toMatchObject(refusedBy(word));
        await redis.send("EXISTS", "x").catch(() => undefined);
      }
      await undo();
      await untilResponsive();
    }

    it("is down when its memory is full", async () => {
      await server.start();
      await untilResponsive();
      await redis.send("CONFIG", "SET", "maxmemory", 1);
      await expectRefusal("OOM", () => redis.send("CONFIG", "SET", "maxmemory", 0));
    });

    it("is down when it is a read-only replica", async () => {
      await server.start();
      await untilResponsive();
      await redis.send("REPLICAOF", "127.0.0.1", 1);
      const isPrimary = async () => {
        const done = await redis.send("REPLICAOF", "NO", "ONE").catch(() => undefined);
        return done === "OK";
      };
      await expectRefusal("READONLY", async () => {
        while (!(await isPrimary()));
      });
    });

    it("is down when it has too few replicas", async () => {
      await server.start();
      await untilResponsive();
      await redis.send("CONFIG", "SET", "min-replicas-to-write", 1);
      await expectRefusal("NOREPLICAS", () =>
        redis.send("CONFIG", "SET", "min-replicas-to-write", 0),
      );
    });

    it("is down when it cannot save to its disk", async () => {
      await server.start(["--dir", folder, "--save", "3600 1"]);
      await untilResponsive();
      await rmdir(folder);
      await redis.send("BGSAVE");
      const hasFailed = async () =>
        String(await redis.send("INFO", "persistence")).includes("rdb_last_bgsave_status:err");
      while (!(await hasFailed()));
      await expectRefusal("MISCONF", () => redis.send("CONFIG", "SET", "save", ""));
    });

    it("is down while it loads its data", async () => {
      await server.start(["--dir", folder]);
      await untilResponsive();
      for (let i = 0; i < 100; i++) await redis.send("SET", `key ${i}`, "x".repeat(100));
      await redis.send("SAVE");
      await server.stop();
      const slowly = ["--key-load-delay", "1000000", "--loading-process-events-interval-bytes"];
      await server.start(["--dir", folder, ...slowly, "1024"], "Server initialized");
      await untilAway();
    });

    it("is up for a user without the permission of its check, which writes nothing", async () => {
      await server.start();
      await untilResponsive();
      expect(await redis.send("DBSIZE")).toBe(0);
      await redis.send("ACL", "SETUSER", "default", "-setrange");
      await redis.ping();
    });
  });

  it("is down when it refuses the password, which is not logged", async () => {
    await server.start();
    await untilResponsive();
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

  it("is down when it does not have the database of its URL, and logs that at once", async () => {
    await server.start(["--databases", "2"]);
    const { logger, log } = createTestLogger();
    const attached = createRedis({ url: `${server.url}/2`, logger });
    await expect(attached.send("SET", "a", "b")).rejects.toMatchObject({
      name: "BackingServiceUnavailable",
      cause: { message: "ERR DB index is out of range" },
    });
    await expect(attached.ping()).rejects.toBeInstanceOf(BackingServiceUnavailable);
    await attached.close();
    expect(log).toMatchObject([
      {
        level: "warn",
        msg: "redis cannot be used: database 2 of its URL cannot be selected. Correct the number after the /, or leave it out",
        err: { message: "ERR DB index is out of range" },
      },
    ]);
    await untilResponsive();
    expect(await redis.send("DBSIZE")).toBe(0);

    const valid = createRedis({ url: `${server.url}/1`, logger });
    while (!(await isUsable(valid)));
    await valid.send("SET", "a", "b");
    await valid.close();
    expect(await redis.send("DBSIZE")).toBe(0);
  });

  it("is connected when it starts later than the process", async () => {
    await untilAway();
    await expect(redis.ping()).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
    await server.start();
    await untilResponsive();
    expect(messages()).toEqual([AWAY, BACK]);
  });

  it("is used again after it was down or silent, and logs each once", async () => {
    await server.start();
    await untilResponsive();
    await server.stop();
    await untilAway();
    await server.start();
    await untilResponsive();
    expect(messages().slice(-2)).toEqual([AWAY, BACK]);

    const before = messages().length;
    await server.freeze();
    while (messages().length === before) {
      await expect(redis.ping()).rejects.toBeInstanceOf(BackingServiceUnavailable);
    }
    await server.thaw();
    await untilResponsive();
    expect(messages().slice(before)).toEqual([AWAY, BACK]);
  });
});

describeWithRedis("a Redis that is attached over TLS", () => {
  const authority = join(__dirname, "../support/certificates/authority.crt");

  /** Its reply, or the code of the error. */
  async function responseOf(url: string): Promise<unknown> {
    const { logger, log } = createTestLogger();
    const attached = createRedis({ url, logger });
    let response: unknown;
    do {
      response = await attached.ping().then(
        () => "usable",
        (err: Error) => (err.cause as { code: string }).code,
      );
    } while (response !== "usable" && log.length === 0);
    await attached.close();
    return response;
  }

  it("is accepted with a trusted certificate, or when none is required", async () => {
    server = await createTestRedis(join(__dirname, "../support/certificates"));
    await server.start();
    const { url } = server;
    expect(await responseOf(`${url}?ssl_ca_certs=${authority}`)).toBe("usable");
    expect(await responseOf(`${url}?ssl_cert_reqs=none`)).toBe("usable");
    expect(await responseOf(url)).toBe("SELF_SIGNED_CERT_IN_CHAIN");
    const elsewhere = url.replace("localhost", "127.0.0.1");
    expect(await responseOf(`${elsewhere}?ssl_ca_certs=${authority}`)).toBe(
      "ERR_TLS_CERT_ALTNAME_INVALID",
    );
  });
});
