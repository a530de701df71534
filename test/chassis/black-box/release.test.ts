import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Client } from "pg";
import { type Answer, startFakePostgres } from "../support/fake-postgres";
import { startTestPostgres, type TestPostgres } from "../support/postgres";
import { startProcess } from "../support/process";

const root = join(__dirname, "../../..");
let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

const release = () => startProcess("dist/migrate.js", { DATABASE_URL: postgres.url });
const applied = async () => {
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    "SELECT name FROM migrations ORDER BY name",
  );
  await client.end();
  return rows.map(({ name }) => name);
};

// The embedded server has one session for everybody, so nobody waits for anybody's lock.
const several = process.env.TEST_DATABASE_URL ? 3 : 1;

describe("the release process", () => {
  it(`applies each migration once, when ${several} run at once and when it runs again`, async () => {
    const atOnce = await Promise.all(Array.from({ length: several }, () => release().exit));
    expect(atOnce).toEqual(Array(several).fill(0));
    const names = await applied();
    expect(new Set(names).size).toBe(names.length);
    expect(await release().exit).toBe(0);
    expect(await applied()).toEqual(names);
  });

  it("applies them from a folder whose name looks like a pattern", async () => {
    const folder = mkdtempSync(join(tmpdir(), "a [b] (c) {d,e} "));
    cpSync(join(root, "dist"), join(folder, "dist"), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    const elsewhere = await startTestPostgres();
    const { exit, lines } = startProcess(relative(root, join(folder, "dist/migrate.js")), {
      DATABASE_URL: elsewhere.url,
    });
    expect(await exit).toBe(0);
    const { applied: names } = JSON.parse(lines[0] as string) as { applied: string[] };
    expect(names).toEqual(await applied());
    await elsewhere.stop();
    rmSync(folder, { recursive: true });
  });

  it("says that it waits while another one migrates", async () => {
    let finish: () => void = () => undefined;
    const finished = new Promise<Answer>((resolve) => (finish = () => resolve([])));
    const busy = await startFakePostgres({
      answer: (sql) => (sql.includes("SELECT pg_advisory_lock(") ? finished : []),
    });
    const waiting = startProcess("dist/migrate.js", { DATABASE_URL: busy.url });
    await waiting.line(/another process migrates this database/);
    finish();
    expect(await waiting.exit).toBe(0);
    await busy.close();
  });

  it("exits 1 at once when its password is wrong, with the cure and without the password", async () => {
    const strict = await startFakePostgres({ greeting: { sqlState: "28P01" } });
    const { exit, lines, stderr } = startProcess("dist/migrate.js", { DATABASE_URL: strict.url });
    expect(await exit).toBe(1);
    expect([lines.length, strict.startups()]).toEqual([1, 1]);
    expect(lines[0]).toContain("Cure: correct the user or the password of DATABASE_URL");
    expect(lines[0] + stderr()).not.toContain("hunter2");
    await strict.close();
  });

  it("reports every problem of its environment, and exits 1", async () => {
    const { exit, stderr } = startProcess("dist/migrate.js", {
      PORT: "web's alone",
      LOG_LEVEL: "loud",
    });
    expect(await exit).toBe(1);
    expect(stderr()).toMatch(/^The environment is not right:\nLOG_LEVEL: .*\nDATABASE_URL: .*\n$/);
  });
});
