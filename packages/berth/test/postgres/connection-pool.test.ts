import type { Database, DatabaseOptions } from "../../src/postgres/database";
import { createDatabase } from "../../src/postgres/database";
import { BackingServiceUnavailable } from "../../src/backing/unavailable";
import { createTestLogger } from "../../src/testing/app";
import {
  type FakePostgres,
  type ScriptedResponse,
  startFakePostgres,
} from "../support/fake-postgres";
import { holdTimeouts } from "../../src/testing/timers";

let fake: FakePostgres;
let database: Database;
beforeEach(async () => {
  fake = await startFakePostgres();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await fake.close();
  await database.close();
});

function attach(options: Partial<DatabaseOptions> = {}): Database {
  database = createDatabase({
    url: `${fake.url}?sslmode=disable`,
    poolSize: 1,
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 10_000,
    logger: createTestLogger().logger,
    ...options,
  });
  return database;
}

/** The statement `locked` gets its response when the test calls `unlock`. */
function lockTable() {
  let unlock: () => void = () => undefined;
  const unlocked = new Promise<ScriptedResponse>((resolve) => (unlock = () => resolve([])));
  fake.respond = (sql) => (sql === "locked" ? unlocked : []);
  return { unlock };
}

const until = async (isTrue: () => boolean) => {
  while (!isTrue()) await new Promise(setImmediate);
};

/** Sends one statement per connection, waits until all of them hang, and resolves with their responses. */
async function hang(connections: number) {
  const results = Array.from({ length: connections }, () => database.query("locked"));
  await until(() => fake.statements.length === connections);
  return Promise.all(results);
}

describe("a connection pool", () => {
  it("reuses a connection", async () => {
    attach();
    for (let i = 0; i < 5; i++) await database.query("");
    expect(fake.startups()).toBe(1);
  });

  it("opens at most `size` connections, and queues the other callers in order", async () => {
    const { query } = attach({ poolSize: 2 });
    // Otherwise one connection may serve all before the other is open.
    fake.respond = async () => {
      await until(() => fake.startups() === 2);
      return [];
    };
    const statements = Array.from({ length: 20 }, (_, i) => `statement ${i}`);
    await Promise.all(statements.map((text) => query(text)));
    expect(fake.statements).toEqual(statements);
    expect(fake.startups()).toBe(2);
  });

  it("fails at once for the 101st caller in the queue of its only connection", async () => {
    attach();
    const { unlock } = lockTable();
    const first = hang(1);
    await until(() => fake.statements.length === 1);
    const waiting = Array.from({ length: 100 }, () => database.query("SELECT 1"));
    const oneMore = database.query("SELECT 1").catch((err: unknown) => err);
    const settled = await Promise.race([oneMore, first, ...waiting]);
    expect(settled).toBeInstanceOf(BackingServiceUnavailable);
    expect((settled as Error).cause).toEqual(
      new Error("100 callers are already waiting for 1 connections"),
    );
    unlock();
    expect(await Promise.all([first, ...waiting])).toHaveLength(101);
  });

  it("fails at once when the server has reached its connection limit", async () => {
    fake.greeting = { sqlState: "53300" };
    attach({ poolSize: 2 });
    const waiting = await Promise.allSettled([1, 2, 3, 4].map(() => database.query("")));
    for (const result of waiting) {
      expect(result).toMatchObject({ reason: { status: 503, cause: { code: "53300" } } });
    }
  });

  it("waits for its open connections when the server permits no more", async () => {
    attach({ poolSize: 2 });
    const { unlock } = lockTable();
    const first = hang(1);
    await until(() => fake.statements.length === 1);
    fake.greeting = { sqlState: "53300" };
    const second = database.query("SELECT 1");
    await until(() => fake.startups() === 2);
    unlock();
    expect(await Promise.all([first, second])).toEqual([[[]], []]);
    expect(fake.startups()).toBe(2);
  });

  it("closes an idle connection", async () => {
    jest.useFakeTimers({ doNotFake: ["setImmediate", "nextTick", "queueMicrotask"] });
    attach();
    await database.query("");
    jest.setSystemTime(Date.now() - 3_600_000);
    jest.advanceTimersByTime(60_000);
    jest.useRealTimers();
    await until(() => fake.clients() === 0);
    expect(await database.query("")).toEqual([]);
    expect(fake.startups()).toBe(2);
  });

  it("closes when the last connection is released", async () => {
    attach();
    const { unlock } = lockTable();
    const result = hang(1);
    await until(() => fake.statements.length === 1);
    const closed = database.close();
    await expect(database.query("")).rejects.toBeInstanceOf(BackingServiceUnavailable);
    unlock();
    await closed;
    expect(await result).toEqual([[]]);
  });
});

describe("a statement that fails", () => {
  it.each([
    ["23505", 500, 1],
    ["42703", 500, 1],
    ["22P02", 500, 1],
    ["40001", 503, 1],
    ["40P01", 503, 1],
    ["57014", 503, 1],
    ["25006", 503, 2],
    ["25P02", 500, 2],
    ["57P01", 503, 2],
    ["XX000", 500, 2],
  ])(
    "with %s is a %i, and leaves the next one to connection %i",
    async (sqlState, status, startups) => {
      const { query } = attach();
      await query("");
      fake.respond = () => ({ sqlState });
      const err: unknown = await query("").catch((reason: unknown) => reason);
      expect((err as { status?: number }).status ?? 500).toBe(status);
      fake.respond = () => [];
      await query("");
      expect(fake.startups()).toBe(startups);
    },
  );
});

describe("a ping", () => {
  it("succeeds while every connection waits for one table", async () => {
    attach({ poolSize: 2 });
    const { unlock } = lockTable();
    const results = hang(2);
    await until(() => fake.statements.length === 2);
    await Promise.all([database.ping(), database.ping(), database.ping()]);
    // One more connection for all concurrent pings, closed afterwards.
    expect(fake.startups()).toBe(3);
    await until(() => fake.clients() === 2);
    unlock();
    await results;
  });

  it("opens no connection when one was just released", async () => {
    jest.spyOn(performance, "now").mockReturnValue(performance.now());
    attach();
    await database.query("");
    const { unlock } = lockTable();
    const result = database.query("locked");
    await database.ping();
    expect(fake.startups()).toBe(1);
    unlock();
    await result;
  });

  it("succeeds when this process's connections fill the server", async () => {
    attach();
    const { unlock } = lockTable();
    const results = hang(1);
    await until(() => fake.statements.length === 1);
    fake.greeting = { sqlState: "53300" };
    await database.ping();
    unlock();
    await results;
  });

  it.each(["silence", { sqlState: "57P03" }] as const)(
    "fails while every connection waits and a new one meets %j",
    async (greeting) => {
      attach({ connectTimeoutMs: 5000 });
      const { unlock } = lockTable();
      const results = hang(1);
      await until(() => fake.statements.length === 1);
      fake.greeting = greeting;
      holdTimeouts();
      const failed = expect(database.ping()).rejects.toBeInstanceOf(BackingServiceUnavailable);
      await until(() => fake.startups() === 2);
      jest.advanceTimersByTime(5000);
      await failed;
      unlock();
      await results;
    },
  );
});
