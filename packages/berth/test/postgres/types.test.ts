import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Database } from "../../src/postgres/database";
import { parseTimestamptz } from "../../src/postgres/types";
import { attach } from "../support/database";
import { startTestPostgres, type TestPostgres } from "../../src/testing/postgres";

let postgres: TestPostgres;
let database: Database;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = attach(postgres.url, 60_000);
});
afterAll(async () => {
  await database.close();
  await postgres.stop();
});

const VALUES: [expression: string, value: unknown][] = [
  ["7::int", 7],
  ["0.5::double precision", 0.5],
  ["true", true],
  ["NULL::int", null],
  ["9007199254740993::bigint", "9007199254740993"],
  ["(-9007199254740993)::bigint", "-9007199254740993"],
  ["0.10::numeric", "0.10"],
  ["'2026-02-01'::date", "2026-02-01"],
  ["'2026-02-01 12:30'::timestamp", "2026-02-01 12:30:00"],
  ["'12:30'::time", "12:30:00"],
  ["'2026-02-01 12:30:00+01'::timestamptz", "2026-02-01T11:30:00.000Z"],
  ["'2026-07-01 00:30:00.123456+02'::timestamptz", "2026-06-30T22:30:00.123Z"],
  [`'{"a":[1,null]}'::json`, { a: [1, null] }],
  [`'{"a":[1,null]}'::jsonb`, { a: [1, null] }],
  ["'1 day 2 hours'::interval", { days: 1, hours: 2 }],
  ["ARRAY[7, NULL]", [7, null]],
  ["ARRAY[9007199254740993, NULL]", ["9007199254740993", null]],
  ["ARRAY[0.10, NULL]", ["0.10", null]],
  ["ARRAY['2026-02-01'::date, NULL]", ["2026-02-01", null]],
  ["ARRAY['2026-02-01 12:30'::timestamp]", ["2026-02-01 12:30:00"]],
  [`'{{2026-02-01 12:30+01},{NULL}}'::timestamptz[]`, [["2026-02-01T11:30:00.000Z"], [null]]],
  [`ARRAY['{"a":1}'::json]`, [{ a: 1 }]],
  [`ARRAY['{"a":1}'::jsonb, NULL]`, [{ a: 1 }, null]],
];

describe("values of the database", () => {
  it.each(VALUES)("of %s are parsed", async (expression, value) => {
    const [row] = await database.query(`SELECT ${expression} AS value`);
    expect(row).toEqual({ value });
  });

  it("of bytea are parsed as bytes", async () => {
    const [row] = await database.query("SELECT '\\x00ff'::bytea AS value");
    expect(row).toEqual({ value: Buffer.from([0, 255]) });
  });

  // Time zones in which a date parsed as a point in time would be shifted; the second one is behind UTC, by half hours.
  it.each(["Europe/Berlin", "America/St_Johns"])("are the same in %s", async (zone) => {
    const script = join(__dirname, "../support/print-values.ts");
    const args = [
      "-r",
      "berth-dev/typescript",
      script,
      postgres.url,
      ...VALUES.map(([sql]) => sql),
    ];
    const env = { ...process.env, TZ: zone };
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    expect(JSON.parse(stdout)).toEqual(VALUES.map(([, value]) => value));
  });

  it.each([
    "2026-02-01",
    "2026-02-01 12:30:00",
    "2026-02-01T11:30:00.000Z",
    "infinity",
    "0044-03-15 00:00:00+00 BC",
  ])("such as %s can be sent back", async (value) => {
    const type = value.includes("+") || /[Zy]$/.test(value) ? "timestamptz" : "timestamp";
    const [row] = await database.query(`SELECT $1::${type} = '${value}'::${type} AS same`, [value]);
    expect(row).toEqual({ same: true });
  });
});

// The embedded server has one session for all clients, and so one set of settings.
(process.env.TEST_DATABASE_URL ? describe : describe.skip)("a session", () => {
  const settings =
    "SELECT current_setting('TimeZone') AS zone, current_setting('DateStyle') AS style";

  it("is in UTC, and formats dates as ISO 8601, whatever the settings of its user", async () => {
    await database.query(
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET TimeZone = "Asia/Kathmandu"', current_database());
                   EXECUTE format('ALTER DATABASE %I SET DateStyle = "SQL, DMY"', current_database()); END $$`,
    );
    const fresh = attach(postgres.url, 60_000);
    expect(await fresh.query(settings)).toEqual([{ zone: "UTC", style: "ISO, MDY" }]);
    await fresh.close();
  });

  it("uses formats that can be parsed, whatever the settings of its user and the URL", async () => {
    const role = `styled_${randomBytes(6).toString("hex")}`;
    const settings = {
      DateStyle: "German",
      IntervalStyle: "sql_standard",
      TimeZone: "Asia/Kathmandu",
      extra_float_digits: "-10",
      bytea_output: "escape",
    };
    await database.query(
      `DO $$ BEGIN CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD 'styled'; ${Object.entries(settings)
        .map(([name, value]) => `ALTER ROLE ${role} SET ${name} = '${value}';`)
        .join(" ")} END $$`,
    );
    const url = new URL(postgres.url);
    Object.assign(url, { username: role, password: "styled" });
    const values: [string, unknown][] = [
      ...VALUES,
      ["'-1 day -2 hours'::interval", { days: -1, hours: -2 }],
      ["0.1::float8 + 0.2::float8", 0.1 + 0.2],
      ["ARRAY['\\x00ff5c'::bytea]", [Buffer.from([0, 255, 92])]],
    ];
    const select = `SELECT ${values.map(([sql], n) => `${sql} AS v${n}`).join(", ")}`;
    try {
      for (const options of ["", "-c intervalstyle=iso_8601 -c datestyle=SQL,DMY"]) {
        url.search = `options=${encodeURIComponent(options)}`;
        const styled = attach(url.href, 60_000);
        const [row] = await styled.query(select).finally(() => styled.close());
        expect(Object.values(row as object)).toEqual(values.map(([, value]) => value));
      }
    } finally {
      await database.query(`DROP ROLE ${role}`);
    }
  });

  it("has the time zone of the URL, with the same values", async () => {
    const elsewhere = attach(`${postgres.url}?options=-c%20timezone%3DAsia/Kathmandu`, 60_000);
    const times = "'2026-02-01 12:30:00.5+01'::timestamptz AS time, '2026-02-01'::date AS date";
    expect(await elsewhere.query(`SELECT ${times}, current_setting('TimeZone') AS zone`)).toEqual([
      { time: "2026-02-01T11:30:00.500Z", date: "2026-02-01", zone: "Asia/Kathmandu" },
    ]);
    await elsewhere.close();
  });
});

describe("a point in time", () => {
  it.each([
    ["2026-11-01 12:00:00+00", "2026-11-01T12:00:00.000Z"],
    ["2026-11-01 12:00:00.5+00", "2026-11-01T12:00:00.500Z"],
    ["2026-11-01 12:00:00.05+00", "2026-11-01T12:00:00.050Z"],
    // Truncated and not rounded, as by Date: the result must not be later.
    ["2026-11-01 23:59:59.999999+00", "2026-11-01T23:59:59.999Z"],
    ["1969-12-31 23:59:59.999999+00", "1969-12-31T23:59:59.999Z"],
    ["2026-11-01 12:00:00.123456+05:45", "2026-11-01T06:15:00.123Z"],
    ["2026-11-01 23:30:00-03:30", "2026-11-02T03:00:00.000Z"],
    ["1890-01-01 00:53:28+00:53:28", "1890-01-01T00:00:00.000Z"],
    ["10000-01-01 00:30:00+01", "9999-12-31T23:30:00.000Z"],
    ["0001-01-01 00:00:00+00", "0001-01-01T00:00:00.000Z"],
    ["0001-12-31 23:30:00-01 BC", "0001-01-01T00:30:00.000Z"],
  ])("%s is %s", (text, expected) => expect(parseTimestamptz(text)).toBe(expected));

  it.each([
    "infinity",
    "-infinity",
    "0001-12-31 23:59:59+00 BC",
    "0044-03-15 00:00:00+00 BC",
    "10000-01-01 00:00:00+00",
    "294276-12-31 23:59:59.999999+00",
  ])("%s stays as it is: RFC 3339 cannot express it", (text) =>
    expect(parseTimestamptz(text)).toBe(text),
  );
});
