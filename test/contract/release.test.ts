import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Client } from "pg";
import { startTestPostgres, type TestPostgres } from "../support/postgres";
import { startProcess } from "../support/process";

const root = join(__dirname, "../..");
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

  it("reports every problem of its environment, and exits 1", async () => {
    const { exit, stderr } = startProcess("dist/migrate.js", { PORT: "abc" });
    expect(await exit).toBe(1);
    expect(stderr()).toMatch(/^The environment is not right:\nPORT: .*\nDATABASE_URL: .*\n$/);
  });
});
