import { rmSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { RELEASE } from "../support/built";
import { startFakePostgres } from "../support/fake-postgres";
import { startTestPostgres, type TestPostgres } from "../../src/testing/postgres";
import { startProcess } from "../../src/testing/process";
import { inFolder } from "../support/release";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

const sql = async <Row extends object>(text: string): Promise<Row[]> => {
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  const { rows } = await client.query<Row>(text).finally(() => client.end());
  return rows;
};
beforeEach(() => sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public"));

const NAMES = ["20260101000000_create-harbours", "20260102000000_create-boats"];
const release = (script = RELEASE) => startProcess(script, { DATABASE_URL: postgres.url });
const applied = async () =>
  (await sql<{ name: string }>("SELECT name FROM migrations ORDER BY id")).map(({ name }) => name);

// The embedded server has one session for all connections, so none waits for the lock of another.
const several = process.env.TEST_DATABASE_URL ? 3 : 1;

describe("the release process", () => {
  it(`applies each migration once, when ${several} run at once and when it runs again`, async () => {
    const atOnce = await Promise.all(Array.from({ length: several }, () => release().exit));
    expect(atOnce).toEqual(Array(several).fill(0));
    expect(await applied()).toEqual(NAMES);
    expect(await release().exit).toBe(0);
    expect(await applied()).toEqual(NAMES);
  });

  it("applies them from a folder whose name contains glob characters", () =>
    inFolder("a [b] (c) {d,e} ", async (service) => {
      const { exit, lines } = release(join(service, "migrate.js"));
      expect(await exit).toBe(0);
      expect(JSON.parse(lines[0] as string)).toMatchObject({ applied: NAMES });
      expect(await applied()).toEqual(NAMES);
    }));

  it("does nothing for a service without features", () =>
    inFolder("none-", async (service) => {
      rmSync(join(service, "features"), { recursive: true });
      const { exit, lines } = release(join(service, "migrate.js"));
      expect([await exit, lines.map((line) => JSON.parse(line) as object)]).toEqual([
        0,
        [expect.objectContaining({ applied: [] })],
      ]);
    }));

  it("logs that it waits while another one migrates, and continues once that is done", async () => {
    let isFree = false;
    const busy = await startFakePostgres({
      respond: (sql) => (sql.includes("pg_try_advisory_lock(") && isFree ? [{ value: "1" }] : []),
    });
    const waiting = startProcess(RELEASE, { DATABASE_URL: busy.url });
    await waiting.line(/another process is migrating this database/);
    isFree = true;
    expect(await waiting.exit).toBe(0);
    await busy.close();
  });

  it("exits 1 with the cure if another one has been migrating for ten minutes", async () => {
    const busy = await startFakePostgres();
    const hurry = require.resolve("../support/hurry.js");
    const waiting = startProcess(RELEASE, { DATABASE_URL: busy.url }, ["--require", hurry]);
    expect(await waiting.exit).toBe(1);
    const messages = waiting.lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(messages.slice(0, -1)).toEqual(
      Array(20).fill("another process is migrating this database: waiting for it to finish"),
    );
    expect(messages.at(-1)).toMatch(
      /^Another process has been migrating this database for 60\d s: migrate again once it has finished$/,
    );
    await busy.close();
  });

  it("locks with a separate transaction behind a pooler, which has no session per client", async () => {
    const pooler = await startFakePostgres({
      respond: (sql) =>
        /pg_backend_pid\(\) <>|pg_try_advisory_xact_lock/.test(sql) ? [{ value: "1" }] : [],
    });
    expect(await startProcess(RELEASE, { DATABASE_URL: pooler.url }).exit).toBe(0);
    expect(pooler.startups()).toBe(2);
    expect(pooler.statements.filter((sql) => /advisory/.test(sql))).toEqual([
      expect.stringContaining("pg_try_advisory_xact_lock"),
    ]);
    await pooler.close();
  });

  it("exits 1 at once if its password is wrong, with the cure and without the password", async () => {
    const strict = await startFakePostgres({ greeting: { sqlState: "28P01" } });
    const { exit, lines, stderr } = startProcess(RELEASE, { DATABASE_URL: strict.url });
    expect(await exit).toBe(1);
    expect([lines.length, strict.startups()]).toEqual([1, 1]);
    expect(lines[0]).toContain("Cure: correct the user or the password of DATABASE_URL");
    expect(lines[0] + stderr()).not.toContain("hunter2");
    await strict.close();
  });

  it("reports every invalid environment variable, and exits 1", async () => {
    const { exit, stderr } = startProcess(RELEASE, {
      PORT: "web's alone",
      LOG_LEVEL: "loud",
    });
    expect(await exit).toBe(1);
    expect(stderr()).toMatch(/^Invalid environment variables:\nLOG_LEVEL: .*\nDATABASE_URL: .*\n$/);
  });
});
