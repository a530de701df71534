import { Client } from "pg";
import { startTestPostgres, type TestPostgres } from "../support/postgres";
import { startProcess } from "../support/process";

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

  it("reports every problem of its environment, and exits 1", async () => {
    const { exit, stderr } = startProcess("dist/migrate.js", { PORT: "abc" });
    expect(await exit).toBe(1);
    expect(stderr()).toMatch(/^The environment is not right:\nPORT: .*\nDATABASE_URL: .*\n$/);
  });
});
