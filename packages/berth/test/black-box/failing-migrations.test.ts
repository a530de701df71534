// The log and exit code of the release process after a faulty migration.
import { Client } from "pg";
import type { LogLine } from "../../src/testing/app";
import { startTestPostgres, type TestPostgres } from "../../src/testing/postgres";
import { startProcess, type TestProcess } from "../../src/testing/process";
import { withMigrations } from "../support/release";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

async function sql(text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(text).finally(() => client.end());
  return rows;
}
beforeEach(() => sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public"));

const FIRST = "1_create-boats";
const SECOND = "2_of-interest";
const CREATES = `exports.up = (pgm) => pgm.sql("CREATE TABLE boats (name text)")`;

const applied = async () =>
  (await sql("SELECT name FROM migrations ORDER BY id")).map(({ name }) => name);

const start = (script: string, args: string[] = []) =>
  startProcess(script, { DATABASE_URL: postgres.url }, args);

const logOf = ({ lines }: TestProcess) => lines.map((line) => JSON.parse(line) as LogLine);

describe("a migration that fails", () => {
  it.each([
    ["throws", `exports.up = () => { throw new Error("no wind") }`, "failed: no wind"],
    ["rejects", `exports.up = async () => { throw new Error("no wind") }`, "failed: no wind"],
    [
      "throws in the older style",
      `exports.up = (pgm, done) => { throw new Error("no wind") }`,
      "failed: no wind",
    ],
    ["has wrong SQL", `exports.up = (pgm) => pgm.sql("SELEC 1")`, "failed: syntax error"],
    ["exports nothing", ``, "failed: it exports no function up"],
    ["exports something else", `exports.up = false`, "failed: it exports no function up"],
  ])("because it %s is named, and earlier ones stay applied", (_why, source, reason) =>
    withMigrations({ [FIRST]: CREATES, [SECOND]: source }, async (script) => {
      const release = start(script);
      expect(await release.exit).toBe(1);
      expect(logOf(release).at(-1)?.msg).toContain(`The migration ${SECOND} ${reason}`);
      expect(await applied()).toEqual([FIRST]);
    }),
  );

  it.each([
    ["throws", `throw new Error("no wind")`, "no wind"],
    ["is not JavaScript", `exports.up = (`, "Unexpected token"],
  ])("because it %s while loading is named, and nothing is applied", (_why, source, reason) =>
    withMigrations({ [FIRST]: CREATES, [SECOND]: source }, async (script) => {
      const release = start(script);
      expect(await release.exit).toBe(1);
      const { msg } = logOf(release).at(-1) as LogLine;
      expect(msg).toContain(`The migration ${SECOND} cannot be loaded: `);
      expect(msg).toContain(reason);
      expect(await applied()).toEqual([]);
    }),
  );

  it.each([
    ["when it runs", `exports.up = () => process.exit(0)`, [FIRST]],
    ["when it is loaded", `process.exit(0)`, []],
    [
      "later",
      `exports.up = () => { setImmediate(() => process.exit(0)); return new Promise(() => {}) }`,
      [FIRST],
    ],
  ])("because it exits with 0 %s counts as failed, and is named", (_when, source, names) =>
    withMigrations({ [FIRST]: CREATES, [SECOND]: source }, async (script) => {
      const release = start(script);
      expect(await release.exit).toBe(1);
      const { msg, err } = logOf(release).at(-1) as LogLine & { err: { stack: string } };
      expect(msg).toBe(
        `The migration ${SECOND} exited the process before it was done, which counts as a failure: throw an Error instead of calling process.exit`,
      );
      expect(err.stack).toContain(`${SECOND}.js`);
      expect(await applied()).toEqual(names);
    }),
  );

  it("because it exits with another code keeps the code, and is named", () =>
    withMigrations({ [SECOND]: `exports.up = () => process.exit(7)` }, async (script) => {
      const release = start(script);
      expect(await release.exit).toBe(7);
      expect(logOf(release).at(-1)).toMatchObject({
        migration: SECOND,
        code: 7,
        msg: "the process exits before its migrations are done",
      });
    }));

  it("because of an unhandled rejection makes the process exit with 1, and is named", () =>
    withMigrations(
      {
        [SECOND]: `exports.up = () => { Promise.reject(new Error("no wind")); return new Promise(() => {}) }`,
      },
      async (script) => {
        const release = start(script);
        expect(await release.exit).toBe(1);
        expect(logOf(release).map(({ msg }) => msg)).toEqual([
          "uncaught error, what is not committed is rolled back",
          "the process exits before its migrations are done",
        ]);
        expect(logOf(release).at(-1)).toMatchObject({ migration: SECOND });
      },
    ));
});

describe("a migration that never ends", () => {
  it("is named in the log repeatedly, and interrupted by a signal", () =>
    withMigrations({ [SECOND]: `exports.up = (pgm, done) => {}` }, async (script) => {
      const hurry = require.resolve("../support/hurry.js");
      const release = start(script, ["--require", hurry]);
      expect(JSON.parse(await release.line(/a migration is still running/))).toMatchObject({
        migration: SECOND,
      });
      release.child.kill("SIGTERM");
      expect(await release.exit).toBe(143);
    }));
});

describe("a migration that leaves a timer behind", () => {
  it("does not keep the process running", () =>
    withMigrations({ [FIRST]: `setInterval(() => {}, 1000); ${CREATES}` }, async (script) => {
      expect(await start(script).exit).toBe(0);
      expect(await applied()).toEqual([FIRST]);
    }));
});

describe("a statement of a migration", () => {
  const RECORD = `pgm.sql("CREATE TABLE limits AS SELECT current_setting('lock_timeout') AS value")`;

  it.each([
    ["ten seconds in a transaction", RECORD, "10s"],
    ["as long as it takes outside of one", `pgm.noTransaction(); ${RECORD}`, "0"],
  ])("waits for a lock %s", (_how, body, value) =>
    withMigrations({ [FIRST]: `exports.up = (pgm) => { ${body} }` }, async (script) => {
      expect(await start(script).exit).toBe(0);
      expect(await sql("SELECT value FROM limits")).toEqual([{ value }]);
    }),
  );
});
