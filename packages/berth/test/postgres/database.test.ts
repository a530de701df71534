import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { Client } from "pg";
import type { Database } from "../../src/postgres/database";
import { BackingServiceUnavailable } from "../../src/backing/unavailable";
import { createDatabase } from "../../src/postgres/database";
import { createTestLogger } from "../../src/testing/app";
import { startTestPostgres, type TestPostgres } from "../../src/testing/postgres";
import { attach, POOL_SIZE } from "../support/database";

/** A proxy between pool and database that a test can cut, silence and repair. */
async function createCable(target: URL) {
  const sockets = new Set<Socket>();
  let silent = false;
  let isCutBy: string | undefined;
  const server: Server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (chunk) => {
        if (isCutBy && chunk.includes(isCutBy)) void cut();
        else to.write(chunk);
      });
      if (silent) from.pause();
      from.on("error", () => undefined);
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  const listen = async (port: number) => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  };
  const cut = async () => {
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const port = await listen(0);
  return {
    port,
    cut,
    /** Cuts the connection when this text is sent, in place of forwarding it. */
    cutBy: (text: string) => (isCutBy = text),
    mend: () => {
      isCutBy = undefined;
      return listen(port);
    },
    silence: (isSilent: boolean) => {
      silent = isSilent;
      for (const socket of sockets)
        if (silent) socket.pause();
        else socket.resume();
    },
  };
}

let postgres: TestPostgres;
let cable: Awaited<ReturnType<typeof createCable>>;
let database: Database;
/** The same with timeouts so short that a test can wait for them; a busy machine may exceed them. */
let impatient: Database;
const { logger, log } = createTestLogger();

beforeAll(async () => {
  postgres = await startTestPostgres();
  const url = new URL(postgres.url);
  cable = await createCable(new URL(url));
  url.hostname = "127.0.0.1";
  url.port = String(cable.port);
  const attach = (limitMs: number) =>
    createDatabase({
      url: url.href,
      poolSize: 2,
      connectTimeoutMs: limitMs,
      statementTimeoutMs: limitMs,
      logger,
    });
  database = attach(10_000);
  impatient = attach(500);
});
afterAll(async () => {
  await database.close();
  await impatient.close();
  await cable.cut();
  await postgres.stop();
});

const one = (from = database) => from.query<{ one: number }>("SELECT 1 AS one");
const untilResponsive = async (from: Database): Promise<unknown> =>
  one(from).catch(() => untilResponsive(from));

describe("an attached database", () => {
  it("runs parameterized statements", async () => {
    expect(await database.query("SELECT $1::text AS a, $2::int AS b", ["'; --", 2])).toEqual([
      { a: "'; --", b: 2 },
    ]);
  });

  it("passes on the errors of wrong statements unchanged", async () => {
    await expect(database.query("SELECT nonsense")).rejects.toMatchObject({ code: "42703" });
    await expect(database.query("SELECT nonsense")).rejects.not.toBeInstanceOf(
      BackingServiceUnavailable,
    );
  });

  it("is unavailable while it is down, and recovers by itself", async () => {
    await one();
    await cable.cut();
    await expect(one()).rejects.toMatchObject({
      status: 503,
      expose: true,
      message: "The database is not available at the moment.",
      headers: { "Retry-After": "5" },
    });
    await expect(database.ping()).rejects.toBeInstanceOf(BackingServiceUnavailable);
    await cable.mend();
    expect(await one()).toEqual([{ one: 1 }]);
  });

  it("rolls back a transaction whose connection breaks half-way", async () => {
    await one();
    const broken = database.transaction(async (tx) => {
      await cable.cut();
      await tx.query("SELECT 1");
    });
    await expect(broken).rejects.toBeInstanceOf(BackingServiceUnavailable);
    await cable.mend();
    expect(await one()).toEqual([{ one: 1 }]);
  });

  it("does not report a transaction whose connection breaks at COMMIT as retryable", async () => {
    await one();
    const unknown = database.transaction((tx) => {
      cable.cutBy("COMMIT");
      return tx.query("SELECT 1");
    });
    await expect(unknown).rejects.toThrow(/it is unknown whether the transaction was committed/);
    await cable.mend();
    expect(await one()).toEqual([{ one: 1 }]);
  });

  it("survives an idle connection that breaks", async () => {
    await one();
    log.length = 0;
    await cable.cut();
    await cable.mend();
    const broken = () => log.some(({ msg }) => msg === "an idle database connection broke");
    while (!broken()) await new Promise(setImmediate);
    expect(await one()).toEqual([{ one: 1 }]);
  });

  it("is unavailable when it does not respond at all", async () => {
    await untilResponsive(impatient);
    cable.silence(true);
    await expect(one(impatient)).rejects.toBeInstanceOf(BackingServiceUnavailable);
    cable.silence(false);
    expect(await untilResponsive(impatient)).toEqual([{ one: 1 }]);
  });

  it("is unavailable to callers whose wait for a connection times out", async () => {
    cable.silence(true);
    const waiting = await Promise.allSettled(Array.from({ length: 4 }, () => one(impatient)));
    expect(waiting.map(({ status }) => status)).toEqual(Array(4).fill("rejected"));
    for (const result of waiting) {
      expect((result as PromiseRejectedResult).reason).toBeInstanceOf(BackingServiceUnavailable);
    }
    cable.silence(false);
    expect(await untilResponsive(impatient)).toEqual([{ one: 1 }]);
  });

  // The embedded server has one session for all clients, so it has no statement timeout.
  (process.env.TEST_DATABASE_URL ? it : it.skip)("cancels a slow statement", async () => {
    await expect(impatient.query("SELECT pg_sleep(10)")).rejects.toBeInstanceOf(
      BackingServiceUnavailable,
    );
    expect(await untilResponsive(impatient)).toEqual([{ one: 1 }]);
  });

  (process.env.TEST_DATABASE_URL ? it : it.skip)(
    "is available while a table is locked",
    async () => {
      const holder = new Client({ connectionString: postgres.url });
      await holder.connect();
      await holder.query("CREATE TABLE slow ()");
      await holder.query("BEGIN; LOCK TABLE slow");
      const patient = attach(postgres.url);
      const waiting = Array.from({ length: POOL_SIZE }, () => patient.query("SELECT FROM slow"));
      const isWaiting = "SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted";
      for (let n = 0; n < POOL_SIZE;) {
        n = (await holder.query<{ n: number }>(isWaiting)).rows[0]?.n ?? 0;
      }
      await patient.ping();
      await holder.query("COMMIT");
      expect(await Promise.all(waiting)).toEqual(Array(POOL_SIZE).fill([]));
      await patient.close();
      await holder.end();
    },
  );
});
