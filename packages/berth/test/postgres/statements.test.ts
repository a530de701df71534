// What the log shows of statements: their time and rows, slow ones, and where a wrong one is wrong.
import request from "supertest";
import { createDatabase, type Database } from "../../src/postgres/database";
import { createLogger } from "../../src/process/logger";
import { createTestApp, type LogLine, problem } from "../../src/testing/app";
import { startTestPostgres, type TestPostgres } from "../../src/testing/postgres";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

const opened: Database[] = [];
afterEach(() => Promise.all(opened.splice(0).map((database) => database.close())));

/** A database whose log has this level. */
function open(level: string, slowStatementMs = 0) {
  const log: LogLine[] = [];
  const write = (line: string) => void log.push(JSON.parse(line) as LogLine);
  const logger = createLogger(level, { write });
  const limits = { poolSize: 2, connectTimeoutMs: 60_000, statementTimeoutMs: 60_000 };
  const database = createDatabase({ url: postgres.url, logger, slowStatementMs, ...limits });
  opened.push(database);
  return { database, logger, log, lines: () => log.map(withoutTime) };
}

/** A line without what differs from run to run, or is the same in all. */
function withoutTime({ time, pid, hostname, durationMs, ...line }: LogLine): LogLine {
  expect([time, pid, hostname]).toEqual(expect.arrayContaining([expect.any(Number)]));
  expect(durationMs ?? 0).toEqual(expect.any(Number));
  return line;
}

const numbers = "SELECT generate_series(1, $1::int) AS number";

describe("the log of statements", () => {
  it("has a line for each at level debug, with rows and time, without values", async () => {
    const { database, log, lines } = open("debug");
    await database.query(numbers, [3]);
    await database.query("SELECT $1::text WHERE false", ["secret"]);
    const debug = { level: "debug", msg: "SQL statement" };
    expect(lines()).toEqual([
      { ...debug, statement: numbers, rows: 3 },
      { ...debug, statement: "SELECT $1::text WHERE false", rows: 0 },
    ]);
    expect(log.every(({ durationMs }) => Number(durationMs) > 0)).toBe(true);
  });

  it("has those of a transaction, and the SQLSTATE of one that fails", async () => {
    const { database, lines } = open("debug");
    const failing = database.transaction((tx) => tx.query("SELECT 1 / 0"));
    await expect(failing).rejects.toMatchObject({ code: "22012" });
    await database.transaction((tx) => tx.query("SELECT 1"));
    expect(lines().map(({ statement, code, msg }) => [statement, code, msg])).toEqual([
      [expect.stringMatching(/^BEGIN; SET LOCAL/), undefined, "SQL statement"],
      ["SELECT 1 / 0", "22012", "SQL statement failed"],
      ["ROLLBACK", undefined, "SQL statement"],
      [expect.stringMatching(/^BEGIN; SET LOCAL/), undefined, "SQL statement"],
      ["SELECT 1", undefined, "SQL statement"],
      ["COMMIT", undefined, "SQL statement"],
    ]);
  });

  it("has values at level trace only, shortened", async () => {
    const { database, lines } = open("trace");
    const values = ["ada", "x".repeat(1000), Buffer.alloc(5), 7, null];
    await database.query("SELECT $1::text, $2::text, $3::bytea, $4::int, $5::text", values);
    expect(lines()[0]?.values).toEqual([
      "ada",
      `${"x".repeat(200)}… (1000 characters)`,
      "[5 bytes]",
      7,
      null,
    ]);
  });

  it("cuts a statement that is long", async () => {
    const { database, lines } = open("debug");
    await database.query(`SELECT '${"x".repeat(5000)}'`);
    expect(lines()[0]?.statement).toBe(`SELECT '${"x".repeat(1992)}… (5009 characters)`);
  });

  it("is empty at level info, but for statements that are slow, which are warnings", async () => {
    const { database, lines } = open("info", 20);
    await database.query("SELECT pg_sleep(0.03)");
    await expect(
      database.query("DO $$ BEGIN PERFORM pg_sleep(0.03); RAISE 'late'; END $$"),
    ).rejects.toThrow("late");
    const slow = lines().filter(({ statement }) => String(statement).includes("pg_sleep"));
    expect(slow).toEqual([
      { level: "warn", statement: "SELECT pg_sleep(0.03)", rows: 1, msg: "slow SQL statement" },
      {
        level: "warn",
        statement: expect.stringContaining("RAISE 'late'") as string,
        code: "P0001",
        msg: "slow SQL statement failed",
      },
    ]);
  });

  it("names the statement of a stream for each of its parts", async () => {
    const { database, lines } = open("trace", 20);
    const text = "SELECT n, pg_sleep(0.03), 1 / (n - 2) FROM generate_series($1::int, 9) n";
    for await (const _row of database.stream(text, [9]));
    const failing = async () => {
      for await (const _row of database.stream(text, [1]));
    };
    await expect(failing()).rejects.toThrow("division");
    const slow = { level: "warn", statement: expect.stringContaining(text) as string };
    // On a busy machine other parts, such as the DECLARE, are slow as well.
    expect(lines()).toContainEqual({ ...slow, values: [9], rows: 1, msg: "slow SQL statement" });
    expect(lines()).toContainEqual({
      ...{ ...slow, values: [1], code: "22012" },
      msg: "slow SQL statement failed",
    });
  });

  it("has no warnings when they are off", async () => {
    const { database, lines } = open("info", 0);
    await database.query("SELECT pg_sleep(0.03)");
    expect(lines()).toEqual([]);
  });

  it("names the request", async () => {
    const { database, logger, lines } = open("debug");
    const { app } = createTestApp(
      (router) => router.get("/", async (_req, res) => res.json(await database.query("SELECT 1"))),
      { logger },
    );
    await request(app).get("/").set("X-Request-Id", "r1");
    expect(lines()[0]).toMatchObject({ requestId: "r1", route: "/", statement: "SELECT 1" });
  });
});

/** The lines of an error's stack above the frames, and the first frame. */
const headOf = ({ stack = "" }: Error) => stack.split(/\n(?= {4}at )/).slice(0, 2);

/** As in a store: nothing awaits here, so the function is on no stack when the error arrives. */
const find = (database: Pick<Database, "query">, sql: string) => database.query(sql);

describe("the error of a statement", () => {
  const stackOf = async (sql: string) => {
    const { database } = open("info");
    return headOf(await find(database, sql).then(fail, (err: Error) => err));
  };
  const fail = () => {
    throw new Error("the statement did not fail");
  };

  it("has the position in its stack, and the line of code that ran it", async () => {
    const [head, frame] = await stackOf("SELECT 1,\n\ttitel\nFROM pg_class");
    expect(head).toBe(
      [
        'error: column "titel" does not exist',
        "    1 | SELECT 1,",
        "    2 | \ttitel",
        "      | \t^",
        "    3 | FROM pg_class",
      ].join("\n"),
    );
    expect(frame).toMatch(/^ {4}at find \(.*statements\.test\.ts:\d+:\d+\)$/);
  });

  it("counts characters as PostgreSQL does", async () => {
    const [head] = await stackOf("SELECT '\u{1f6a2}\u{1f6a2}', titel");
    expect(head?.split("\n").slice(1)).toEqual([
      "    1 | SELECT '\u{1f6a2}\u{1f6a2}', titel",
      "      |                ^",
    ]);
  });

  it("shows a part of a long line, and the statement within a function", async () => {
    const [long] = await stackOf(`SELECT '${"x".repeat(300)}', titel, '${"y".repeat(300)}'`);
    expect(long?.split("\n").slice(1)).toEqual([
      `    1 | ${"x".repeat(77)}', titel, '${"y".repeat(72)}`,
      `      | ${" ".repeat(80)}^`,
    ]);
    const [within] = await stackOf("\nDO $$ BEGIN\n PERFORM titel;\nEND $$");
    expect(within).toBe(
      [
        'error: column "titel" does not exist',
        "    2 | DO $$ BEGIN",
        "    3 |  PERFORM titel;",
        "    4 | END $$",
        "   in",
        "    1 | SELECT titel",
        "      |        ^",
      ].join("\n"),
    );
  });

  it("has its first lines when there is no position", async () => {
    const [head] = await stackOf("SELECT 1 / 0");
    expect(head).toBe("error: division by zero\n    1 | SELECT 1 / 0");
  });

  it("shows the statement of a stream, whichever part of the result fails", async () => {
    const { database } = open("info");
    const head = async (text: string) => {
      const read = async () => {
        for await (const _row of database.stream(text));
      };
      return headOf(await read().then(fail, (err: Error) => err));
    };
    const failing = "SELECT 1 / (n - 500) FROM generate_series(1, 1000) n";
    const [lines, frame] = await head(failing);
    expect(lines).toBe(
      `error: division by zero\n    1 | DECLARE berth_rows NO SCROLL CURSOR FOR ${failing}`,
    );
    expect(frame).toMatch(/^ {4}at read \(.*statements\.test\.ts:\d+:\d+\)$/);
  });

  it("leads from a transaction to its caller", async () => {
    const { database } = open("info");
    const failing = async () => {
      await database.transaction(async function order(tx) {
        await find(tx, "SELECT titel");
      });
    };
    const err = await failing().then(fail, (reason: Error) => reason);
    expect(headOf(err)[1]).toMatch(/^ {4}at find /);
    expect(err.stack).toMatch(/at (async )?order [^]*at (async )?failing /);
  });

  it("is named in the log, not in the response", async () => {
    const { database, logger, log } = open("info");
    const { app } = createTestApp(
      (router) => router.get("/", async (_req, res) => res.json(await find(database, "SELECT x"))),
      { logger },
    );
    const response = await request(app).get("/");
    expect(response.body).toEqual(problem(500, "Internal Server Error"));
    const err = log.find(({ msg }) => msg === "request failed")?.err as Error;
    expect(err).toMatchObject({ statement: "SELECT x", position: "8" });
    expect(err.stack).toMatch(/1 \| SELECT x\n +\| {8}\^\n {4}at find /);
  });
});
