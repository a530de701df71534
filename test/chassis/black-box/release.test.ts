import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Client } from "pg";
import { BUILT, RELEASE, SERVICE } from "../support/built";
import { type Answer, startFakePostgres } from "../support/fake-postgres";
import { startTestPostgres, type TestPostgres } from "../support/postgres";
import { startProcess } from "../support/process";

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

/** A copy of the service in a folder of this name, for `use` alone. */
async function inFolder(name: string, use: (service: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), name));
  const service = join(folder, relative(BUILT, SERVICE));
  cpSync(BUILT, folder, { recursive: true });
  symlinkSync(join(__dirname, "../../../node_modules"), join(folder, "node_modules"));
  await use(service).finally(() => rmSync(folder, { recursive: true }));
}

// The embedded server has one session for everybody, so nobody waits for anybody's lock.
const several = process.env.TEST_DATABASE_URL ? 3 : 1;

describe("the release process", () => {
  it(`applies each migration once, when ${several} run at once and when it runs again`, async () => {
    const atOnce = await Promise.all(Array.from({ length: several }, () => release().exit));
    expect(atOnce).toEqual(Array(several).fill(0));
    expect(await applied()).toEqual(NAMES);
    expect(await release().exit).toBe(0);
    expect(await applied()).toEqual(NAMES);
  });

  it("applies them from a folder whose name looks like a pattern", () =>
    inFolder("a [b] (c) {d,e} ", async (service) => {
      const { exit, lines } = release(join(service, "migrate.js"));
      expect(await exit).toBe(0);
      expect(JSON.parse(lines[0] as string)).toMatchObject({ applied: NAMES });
      expect(await applied()).toEqual(NAMES);
    }));

  it("has nothing to do for a service without features", () =>
    inFolder("none-", async (service) => {
      rmSync(join(service, "features"), { recursive: true });
      const { exit, lines } = release(join(service, "migrate.js"));
      expect([await exit, lines.map((line) => JSON.parse(line) as object)]).toEqual([
        0,
        [expect.objectContaining({ applied: [] })],
      ]);
    }));

  it("says that it waits while another one migrates", async () => {
    let finish: () => void = () => undefined;
    const finished = new Promise<Answer>((resolve) => (finish = () => resolve([])));
    const busy = await startFakePostgres({
      answer: (sql) => (sql.includes("SELECT pg_advisory_lock(") ? finished : []),
    });
    const waiting = startProcess(RELEASE, { DATABASE_URL: busy.url });
    await waiting.line(/another process migrates this database/);
    finish();
    expect(await waiting.exit).toBe(0);
    await busy.close();
  });

  it("exits 1 at once when its password is wrong, with the cure and without the password", async () => {
    const strict = await startFakePostgres({ greeting: { sqlState: "28P01" } });
    const { exit, lines, stderr } = startProcess(RELEASE, { DATABASE_URL: strict.url });
    expect(await exit).toBe(1);
    expect([lines.length, strict.startups()]).toEqual([1, 1]);
    expect(lines[0]).toContain("Cure: correct the user or the password of DATABASE_URL");
    expect(lines[0] + stderr()).not.toContain("hunter2");
    await strict.close();
  });

  it("reports every problem of its environment, and exits 1", async () => {
    const { exit, stderr } = startProcess(RELEASE, {
      PORT: "web's alone",
      LOG_LEVEL: "loud",
    });
    expect(await exit).toBe(1);
    expect(stderr()).toMatch(/^The environment is not right:\nLOG_LEVEL: .*\nDATABASE_URL: .*\n$/);
  });
});
