import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { Router } from "express";
import request from "supertest";
import { BackingServiceUnavailable } from "../../src/backing/unavailable";
import { sendPage } from "../../src/http/paging";
import { sendCsv, sendNdjson } from "../../src/http/send-rows";
import { createDatabase, type Database } from "../../src/postgres/database";
import { TransactionError } from "../../src/postgres/transactions";
import { date, id } from "../../src/schema/fields";
import { pageCursor } from "../../src/schema/page-cursor";
import { pageQuery } from "../../src/schema/query-fields";
import { parseQuery } from "../../src/schema/validate";
import { createTestApp, createTestLogger, problem } from "../../src/testing/app";
import { startTestPostgres, type TestPostgres } from "../../src/testing/postgres";
import { connectRaw } from "../../src/testing/raw-client";
import { attach } from "../support/database";
import { startFakePostgres } from "../support/fake-postgres";
import { runExample } from "../support/page-example";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

let postgres: TestPostgres;
let database: Database;
/** Has one connection: a stream that keeps it leaves none for anything else. */
let single: Database;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = attach(postgres.url, 60_000);
  single = createDatabase({
    url: postgres.url,
    poolSize: 1,
    ...{ connectTimeoutMs: 60_000, statementTimeoutMs: 60_000 },
    logger: createTestLogger().logger,
  });
  await database.query("CREATE TABLE tasks (id bigint PRIMARY KEY, due date, title text)");
  await database.query(
    "INSERT INTO tasks SELECT n, date '2026-01-01' + n / 10, 'Task ' || n FROM generate_series(1, 25) n",
  );
});
afterAll(async () => {
  await Promise.all([database.close(), single.close()]);
  if (isReal) await postgres.stop();
});

const isReal = Boolean(process.env.TEST_DATABASE_URL);
/** What the embedded PostgreSQL cannot do: it runs one statement at a time, to its end. */
const onServer = isReal ? it : it.skip;

/** Made one by one: in FROM, all of them would be made first. */
const numbers = (count: number) => ["SELECT generate_series(1, $1::int) AS n", [count]] as const;

/** The first rows of a stream, then the loop is left. */
async function take(rows: AsyncIterable<{ n?: number }>, count: number): Promise<unknown[]> {
  const taken = [];
  for await (const { n } of rows) {
    taken.push(n);
    if (taken.length === count) break;
  }
  return taken;
}

/** Fails if the only connection is not free, or not clean. */
const isFree = async () => {
  const [row] = await single.query("SELECT count(*)::int AS n FROM pg_cursors");
  return row?.n === 0;
};

describe("database.stream", () => {
  it.each([0, 1, 9, 10, 11, 110, 12_345])("yields all %i rows, in order", async (count) => {
    const expected = Array.from({ length: count }, (_, at) => at + 1);
    expect(await take(single.stream(...numbers(count)), Infinity)).toEqual(expected);
    expect(await isFree()).toBe(true);
  });

  it("has the values of rows as query has them", async () => {
    const text = "SELECT id, due, now() AS at, '{1,2}'::int[] AS list FROM tasks WHERE id = $1";
    const [row] = await database.query(text, ["7"]);
    for await (const streamed of database.stream(text, ["7"])) {
      expect({ ...streamed, at: typeof streamed.at }).toEqual({ ...row, at: "string" });
    }
  });

  it("does nothing until its rows are asked for", async () => {
    single.stream("SELECT 1");
    const rows = single.stream("SELECT 1 AS n")[Symbol.asyncIterator]();
    await rows.return?.();
    expect(await rows.next()).toEqual({ done: true, value: undefined });
    expect(await isFree()).toBe(true);
  });

  it.each([1, 5, 10, 11, 5000])(
    "frees its connection when the loop is left after %i",
    async (at) => {
      expect(await take(single.stream(...numbers(1_000_000)), at)).toHaveLength(at);
      expect(await isFree()).toBe(true);
    },
  );

  it("frees its connection when the loop throws, or its stream is destroyed", async () => {
    const err = new Error("The disk is full.");
    const failing = async () => {
      for await (const _row of single.stream(...numbers(100_000))) throw err;
    };
    await expect(failing()).rejects.toBe(err);
    const readable = Readable.from(single.stream(...numbers(100_000)));
    await once(readable, "readable");
    readable.destroy();
    expect(await isFree()).toBe(true);
  });

  it("holds few rows at a time, whatever their size", async () => {
    const sizes: number[] = [];
    const text = "SELECT n, repeat('x', 200000) AS body FROM generate_series(1, 60) n";
    const { rss } = process.memoryUsage();
    for await (const { n } of single.stream<{ n: number }>(text)) {
      sizes.push(n);
    }
    expect(sizes).toHaveLength(60);
    expect(process.memoryUsage().rss - rss).toBeLessThan(200_000_000);
  });

  it.each<[string, string, string]>([
    ["wrong SQL", "SELEC 1", "42601"],
    ["a missing table", "SELECT * FROM missing", "42P01"],
    ["a statement that changes something", "DELETE FROM tasks", "42601"],
    ["several statements", "SELECT 1; DELETE FROM tasks", "42601"],
    ["a row that fails", "SELECT 1 / (n - 500) FROM generate_series(1, 1000) n", "22012"],
  ])("throws for %s, and frees its connection", async (_what, text, code) => {
    await expect(take(single.stream(text), Infinity)).rejects.toMatchObject({ code });
    expect(await isFree()).toBe(true);
    expect(await database.query("SELECT count(*)::int AS tasks FROM tasks")).toEqual([
      { tasks: 25 },
    ]);
  });

  it("leaves the other half of the connections to other statements", async () => {
    const first = single.stream(...numbers(100))[Symbol.asyncIterator]();
    await first.next();
    await expect(take(single.stream(...numbers(1)), 1)).rejects.toThrow(BackingServiceUnavailable);
    await first.return!();
    expect(await take(single.stream(...numbers(1)), 1)).toEqual([1]);
  });

  it("is unavailable when the database is", async () => {
    const away = attach("postgres://127.0.0.1:1/db?sslmode=disable");
    await expect(take(away.stream("SELECT 1"), 1)).rejects.toThrow(BackingServiceUnavailable);
    await away.close();
  });

  it("says what happened when its rows were not read for too long", async () => {
    const many = Array.from({ length: 10 }, (_, n) => ({ value: String(n) }));
    const fake = await startFakePostgres({ respond: (sql) => (/^FETCH/.test(sql) ? many : []) });
    const paused = attach(`${fake.url}?sslmode=disable`);
    const rows = paused.stream("SELECT 1")[Symbol.asyncIterator]();
    for (let row = 0; row < 10; row++) await rows.next();
    fake.end("25P03");
    while (fake.clients() > 0) await turn();
    await expect(rows.next()).rejects.toThrow(TransactionError);
    expect(fake.statements.slice(1)).toEqual([
      "DECLARE berth_rows NO SCROLL CURSOR FOR SELECT 1",
      "FETCH 10 FROM berth_rows",
    ]);
    await paused.close();
    await fake.close();
  });

  onServer("cancels a statement that is under way", async () => {
    const sleeping =
      "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'FETCH%' AND wait_event = 'PgSleep'";
    const rows = single.stream("SELECT pg_sleep(3600)")[Symbol.asyncIterator]();
    const next = rows.next();
    while ((await database.query(sleeping))[0]?.count !== "1") await turn();
    await rows.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await isFree()).toBe(true);
  });

  onServer("has the statement timeout for each part, not for the whole", async () => {
    const hasty = attach(postgres.url, 300, 60_000);
    const text = "SELECT n, pg_sleep(0.01) FROM generate_series(1, 60) n";
    expect(await take(hasty.stream(text), Infinity)).toHaveLength(60);
    const slow = take(hasty.stream("SELECT pg_sleep(10)"), 1);
    await expect(slow).rejects.toThrow(BackingServiceUnavailable);
    await hasty.close();
  });
});

describe("rows that are sent", () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** A service that exports what the database has. */
  async function startExport(from: Database, text: string, values: readonly unknown[] = []) {
    const { app, log } = createTestApp((router) =>
      router.get("/export.csv", (_req, res) => sendCsv(res, from.stream(text, values))),
    );
    const server = createServer(app).listen(0, "127.0.0.1");
    servers.push(server);
    await once(server, "listening");
    return { app, log, port: (server.address() as AddressInfo).port };
  }
  const get = "GET /export.csv HTTP/1.1\r\nHost: t\r\n\r\n";

  it("are a file of many lines", async () => {
    const { app } = await startExport(database, ...numbers(30_000));
    const { status, text } = await request(app).get("/export.csv");
    expect([status, text.split("\r\n").length, text.slice(-9)]).toEqual([
      200,
      30_002,
      "\r\n30000\r\n",
    ]);
  });

  it("end with the client, which is no error, and so does their statement", async () => {
    const { log, port } = await startExport(single, ...numbers(10_000_000));
    const client = await connectRaw(port);
    client.socket.write(get);
    await client.until(/n\r\n1\r\n/);
    client.socket.destroy();
    expect(await isFree()).toBe(true);
    while (log.length === 0) await turn();
    await turn();
    expect(log).toEqual([expect.objectContaining({ msg: "request", status: 200, aborted: true })]);
  });

  it("are a problem when they fail before the first one", async () => {
    const { app, log } = await startExport(database, "SELECT 1 / 0");
    const res = await request(app).get("/export.csv");
    expect([res.status, JSON.parse(res.text)]).toEqual([
      500,
      problem(500, "Internal Server Error"),
    ]);
    expect(log.map(({ msg }) => msg)).toEqual(["request failed", "request"]);
  });

  it("break the connection off when they fail later, with one error in the log", async () => {
    const { log, port } = await startExport(
      single,
      "SELECT n, 1 / (n - 15000) FROM generate_series(1, 30000) n",
    );
    const client = await connectRaw(port);
    client.socket.write(get);
    await client.closed;
    expect(client.received()).not.toMatch(/\r\n0\r\n\r\n$/);
    while (log.length < 2) await turn();
    expect(log).toEqual([
      expect.objectContaining({ level: "error", msg: "request failed" }),
      expect.objectContaining({ msg: "request", status: 200, aborted: true }),
    ]);
    expect(await isFree()).toBe(true);
  });

  it("are paged as docs/http.md shows it", async () => {
    const router = Router();
    const scope = { router, database, sendPage, parseQuery, pageQuery, pageCursor, date, id };
    await runExample("http.md", "pageCursor(date, id));", scope);
    const { app } = createTestApp((routes) => routes.use(router));
    const ids: string[] = [];
    let path: string | undefined = "/tasks?limit=7";
    while (path !== undefined) {
      const res = await request(app).get(path);
      ids.push(...(res.body as { id: string }[]).map((task) => task.id));
      const query: string | undefined = /^<(.*)>; rel="next"$/.exec(String(res.get("Link")))?.[1];
      path = query && `/tasks${query}`;
    }
    expect(ids).toEqual(Array.from({ length: 25 }, (_, at) => String(25 - at)));
  });

  it("are sent as docs/database.md shows it", async () => {
    const router = Router();
    await runExample("database.md", "sendCsv(", { router, database, sendCsv, sendNdjson });
    const { app } = createTestApp((routes) => routes.use(router));
    const { headers, text } = await request(app).get("/tasks.csv");
    expect(text.split("\r\n").slice(0, 3)).toEqual(["Number,Due", "1,2026-01-01", "2,2026-01-01"]);
    expect(headers["content-disposition"]).toBe("attachment; filename=tasks.csv");
    const archived: unknown[] = [];
    const archive = { add: (task: unknown) => Promise.resolve(archived.push(task)) };
    await runExample("database.md", "for await (const task", { database, archive });
    expect(archived).toHaveLength(25);
  });

  // The last one, as there is no database after it.
  it("break off when the database dies", async () => {
    const { log, port } = await startExport(database, ...numbers(10_000_000));
    const client = await connectRaw(port);
    client.socket.write(get);
    await client.until(/n\r\n1\r\n/);
    client.socket.pause();
    if (isReal) {
      await single.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'FETCH%' AND datname = current_database()",
      );
    } else await postgres.stop();
    client.socket.resume();
    await client.closed;
    expect(client.received()).not.toMatch(/\r\n0\r\n\r\n$/);
    while (log.length < 2) await turn();
    expect(log).toEqual([
      expect.objectContaining({
        msg: "request failed",
        err: expect.objectContaining({ type: "BackingServiceUnavailable" }) as object,
      }),
      expect.objectContaining({ msg: "request", status: 200, aborted: true }),
    ]);
  });
});
