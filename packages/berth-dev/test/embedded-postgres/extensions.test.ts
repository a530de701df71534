// The extensions of the embedded PostgreSQL.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedPostgres, spawnEmbeddedPostgres } from "berth/testing";
import { findArchives } from "../../src/embedded-postgres/extensions";
import { provideClients } from "./clients";

describe("an extension of the embedded PostgreSQL", () => {
  let postgres: EmbeddedPostgres;
  const newClient = provideClients(() => postgres.url);
  beforeAll(async () => {
    postgres = await spawnEmbeddedPostgres({ DATA_DIR: "memory://" });
  });
  afterAll(async () => {
    await postgres.stop("SIGTERM");
  });

  it.each([
    ["citext", "SELECT 'Ada'::citext = 'ada' AS value", true],
    ["pg_trgm", "SELECT round(similarity('anchor', 'anchors')::numeric, 1) AS value", "0.7"],
    [
      "pgcrypto",
      "SELECT crypt('a', '$2a$04$..........................') LIKE '$2a$%' AS value",
      true,
    ],
    ["uuid-ossp", "SELECT length(uuid_generate_v4()::text) AS value", 36],
    ["hstore", "SELECT 'a=>1'::hstore -> 'a' AS value", "1"],
    ["ltree", "SELECT 'a.b'::ltree <@ 'a' AS value", true],
    ["unaccent", "SELECT unaccent('Hôtel') AS value", "Hotel"],
    ["fuzzystrmatch", "SELECT levenshtein('anchor', 'anker') AS value", 3],
    ["btree_gin", "SELECT 1 AS value", 1],
    ["moddatetime", "SELECT 1 AS value", 1],
  ])("%s is created by a migration, in a transaction", async (name, sql, value) => {
    const client = await newClient();
    await client.query("BEGIN");
    await client.query(`CREATE EXTENSION IF NOT EXISTS "${name}"`);
    await client.query("COMMIT");
    expect((await client.query(sql)).rows).toEqual([{ value }]);
  });

  it("btree_gist excludes overlapping bookings", async () => {
    const client = await newClient();
    await client.query(`
      CREATE EXTENSION btree_gist;
      CREATE TABLE loans (tool int, days daterange, EXCLUDE USING gist (tool WITH =, days WITH &&));
      INSERT INTO loans VALUES (1, '[2026-11-01,2026-11-05)'), (2, '[2026-11-01,2026-11-05)')`);
    const overlapping = client.query("INSERT INTO loans VALUES (1, '[2026-11-04,2026-11-06)')");
    await expect(overlapping).rejects.toMatchObject({ code: "23P01" });
  });

  it("brings those that it requires", async () => {
    const client = await newClient();
    await client.query("CREATE EXTENSION earthdistance CASCADE");
    const { rows } = await client.query("SELECT extname FROM pg_extension WHERE extname = 'cube'");
    expect(rows).toHaveLength(1);
  });

  it("is listed with the others in an error about one that is missing, with the cure", async () => {
    const client = await newClient();
    await expect(client.query("CREATE EXTENSION postgis")).rejects.toMatchObject({
      code: "0A000",
      message: expect.stringMatching(
        /^extension "postgis" is not available: set DEV_DATABASE_URL=postgres:\/\/user@host\/database in \.env, .*; the embedded PostgreSQL has amcheck, .*citext, .*uuid-ossp$/,
      ) as string,
    });
    await expect(client.query("CREATE EXTENSION vector")).rejects.toThrow(
      "npm install --save-dev @electric-sql/pglite-pgvector",
    );
    expect((await client.query("SELECT 1 AS value")).rows).toEqual([{ value: 1 }]);
  });

  it("may come from another package of the service", () => {
    const service = mkdtempSync(join(tmpdir(), "a service-"));
    const folder = join(service, "node_modules/@electric-sql/pglite-pgvector/dist");
    try {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "vector.tar.gz"), "");
      const archives = findArchives(service);
      expect(archives).toContain(join(folder, "vector.tar.gz"));
      expect(archives.filter((path) => path.endsWith("citext.tar.gz"))).toHaveLength(1);
    } finally {
      rmSync(service, { recursive: true });
    }
  });
});
