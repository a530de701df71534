// Two release processes on one real PostgreSQL, while an index is built that waits for all snapshots.
import { Client } from "pg";
import { startTestPostgres, type TestPostgres } from "../../src/testing/postgres";
import { startProcess } from "../../src/testing/process";
import { withMigrations } from "../support/release";

// The embedded server has one session for all connections, which never waits for another.
const suite = process.env.TEST_DATABASE_URL ? describe : describe.skip;

const INDEX = "2_index-boats";
const MIGRATIONS = {
  "1_create-boats": `exports.up = (pgm) => pgm.sql("CREATE TABLE boats (name text)")`,
  [INDEX]: `exports.up = (pgm) => {
    pgm.noTransaction();
    pgm.sql("CREATE INDEX CONCURRENTLY boats_name ON boats (name)");
  }`,
};

suite("releases with CREATE INDEX CONCURRENTLY", () => {
  let postgres: TestPostgres;
  let client: Client;
  beforeEach(async () => {
    postgres = await startTestPostgres();
    client = new Client({ connectionString: postgres.url });
    await client.connect();
  });
  afterEach(async () => {
    await client.end();
    await postgres.stop();
  });

  const start = (script: string, url = postgres.url) => startProcess(script, { DATABASE_URL: url });
  const ask = async (sql: string) => (await client.query<{ value: unknown }>(sql)).rows[0]?.value;

  /** The effect of the first migration, and some boats. */
  async function createBoats(...names: string[]): Promise<void> {
    await client.query(
      `CREATE TABLE boats (name text);
       CREATE TABLE migrations (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL);
       INSERT INTO migrations (name, run_on) VALUES ('1_create-boats', now())`,
    );
    for (const name of names) await client.query("INSERT INTO boats VALUES ($1)", [name]);
  }

  /** Resolves once an index is being built, and waits for a transaction. */
  async function untilIndexWaits(): Promise<void> {
    while (
      (await ask(
        "SELECT count(*)::int AS value FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'CREATE INDEX%'",
      )) !== 1
    );
  }

  it("both succeed, the second waiting without a snapshot", () =>
    withMigrations(MIGRATIONS, async (script) => {
      await createBoats();
      // The index waits for this transaction until both releases are where they should be.
      const writer = new Client({ connectionString: postgres.url });
      await writer.connect();
      await writer.query("BEGIN; LOCK TABLE boats IN ROW EXCLUSIVE MODE");
      const first = start(script);
      await untilIndexWaits();
      const second = start(script);
      await second.line(/another process is migrating this database/);
      await writer.query("COMMIT");
      await writer.end();
      expect([await first.exit, await second.exit]).toEqual([0, 0]);
      expect(
        await ask(
          "SELECT indisvalid AS value FROM pg_index WHERE indexrelid = 'boats_name'::regclass",
        ),
      ).toBe(true);
      expect(await ask("SELECT count(*)::int AS value FROM migrations")).toBe(2);
    }));

  it("log the cure after one has left an invalid index behind", () =>
    withMigrations(MIGRATIONS, async (script) => {
      const unique = {
        ...MIGRATIONS,
        [INDEX]: MIGRATIONS[INDEX]?.replace("INDEX", "UNIQUE INDEX"),
      };
      await createBoats("Argo", "Argo");
      await withMigrations(unique, async (failing) => {
        for (const reason of ["could not create unique index", "already exists"]) {
          const release = start(failing);
          expect(await release.exit).toBe(1);
          expect(release.lines.at(-1)).toContain(`The migration ${INDEX} failed: `);
          expect(release.lines.at(-1)).toContain(reason);
          expect(release.lines.at(-1)).toContain("DROP INDEX CONCURRENTLY boats_name");
        }
      });
      await client.query("DROP INDEX CONCURRENTLY boats_name");
      expect(await start(script).exit).toBe(0);
    }));

  it("warn about an invalid index that a migration has taken for a valid one", () => {
    const careless = MIGRATIONS[INDEX]?.replace("CONCURRENTLY", "CONCURRENTLY IF NOT EXISTS");
    return withMigrations({ ...MIGRATIONS, [INDEX]: careless }, async (script) => {
      await createBoats("Argo", "Argo");
      await client
        .query("CREATE UNIQUE INDEX CONCURRENTLY boats_name ON boats (name)")
        .catch(() => undefined);
      const release = start(script);
      expect(await release.exit).toBe(0);
      expect(await release.line(/invalid indexes/)).toContain("DROP INDEX CONCURRENTLY boats_name");
    });
  });
});
