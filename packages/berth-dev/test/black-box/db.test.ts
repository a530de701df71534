// `npm run db` in a copy of the project with its own migrations: no test touches a developer's data.
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Client } from "pg";
import { spawnEmbeddedPostgres, startTestPostgres, type TestPostgres } from "berth/testing";
import { berth } from "../../src/cli-path";
import { formationId } from "../../src/formation/formation-id";
import { freeBasePort } from "../formation/support";

const root = join(__dirname, "../../../..");
let copy: string;
/** The first port of no formation: nothing listens there. */
let base: number;
beforeAll(async () => (base = await freeBasePort()));
beforeEach(() => {
  copy = realpathSync(mkdtempSync(join(tmpdir(), "db-")));
  for (const path of ["Procfile.dev", "package.json", "tsconfig.json"])
    cpSync(join(root, path), join(copy, path));
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  write("src/features/ships/migrations/20260101000000_create-ships.ts", {
    up: "CREATE TABLE ships (name text PRIMARY KEY)",
    down: "DROP TABLE ships",
  });
  write("src/features/ships/migrations/20260102000000_add-crew.ts", {
    up: "ALTER TABLE ships ADD COLUMN crew int",
    down: "ALTER TABLE ships DROP COLUMN crew",
  });
});
afterEach(() => rmSync(copy, { recursive: true }));

function write(path: string, content: string | { up: string; down: string }): void {
  mkdirSync(dirname(join(copy, path)), { recursive: true });
  const text =
    typeof content === "string"
      ? content
      : Object.entries(content)
          .map(
            ([name, sql]) =>
              `export const ${name} = (pgm: any) => pgm.sql(${JSON.stringify(sql)});`,
          )
          .join("\n");
  writeFileSync(join(copy, path), text);
}

const SEED = `export const seed = (tx: any) => tx.query("INSERT INTO ships VALUES ('Ada') ON CONFLICT DO NOTHING");`;

interface Result {
  code: number | null;
  output: string;
}

/** Runs a command in the copy. */
async function db(args: string[], env: Record<string, string> = {}): Promise<Result> {
  const [file, ...command] = berth("db", ...args);
  const child = spawn(file, command, {
    cwd: copy,
    env: { PATH: process.env.PATH, PORT: String(base), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  }
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output };
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(sql).finally(() => client.end());
  return rows;
}

describe("npm run db", () => {
  /** A database that is already running, and empty: a command starts much sooner than with one of its own. */
  let other: TestPostgres;
  beforeAll(async () => void (other = await startTestPostgres()));
  afterAll(() => other.stop());
  afterEach(() =>
    query(
      other.url,
      "DROP SCHEMA public CASCADE; DROP SCHEMA IF EXISTS own CASCADE; CREATE SCHEMA public",
    ),
  );

  it("migrates, lists the status, rolls back, seeds and resets the development database", async () => {
    expect(await db(["status"])).toEqual({
      code: 0,
      output: "pending  20260101000000_create-ships\npending  20260102000000_add-crew\n",
    });
    expect(await db(["migrate"])).toEqual({
      code: 0,
      output: "applied 20260101000000_create-ships, 20260102000000_add-crew\n",
    });
    expect(await db(["rollback"])).toEqual({
      code: 0,
      output: "rolled back 20260102000000_add-crew\n",
    });
    expect((await db(["status"])).output).toBe(
      "applied  20260101000000_create-ships\npending  20260102000000_add-crew\n",
    );
    expect(await db(["seed"])).toMatchObject({
      code: 1,
      output: expect.stringMatching(/^db: src\/seed\.ts does not exist: let it export/) as string,
    });
    write("src/seed.ts", SEED);
    expect(await db(["seed"])).toEqual({ code: 0, output: "seeded from src/seed.ts\n" });
    expect(await db(["reset"])).toEqual({
      code: 0,
      output:
        "applied 20260101000000_create-ships, 20260102000000_add-crew\nseeded from src/seed.ts\n",
    });
    expect(readdirSync(join(copy, ".data"))).toEqual(["postgres"]);
  });

  it("counts jobs, and lists those that have failed", async () => {
    expect(await db(["jobs"])).toEqual({
      code: 0,
      output: "this database has no tables for jobs: docs/jobs.md says how to create them\n",
    });
    write(
      "src/features/ships/migrations/20260103000000_create-jobs.ts",
      'export { createJobTables as up, dropJobTables as down } from "berth/jobs";',
    );
    write(
      "src/seed.ts",
      `export const seed = async (tx: any) => {
        await tx.query("SELECT graphile_worker.add_job('remind', max_attempts => 3)");
        await tx.query("SELECT graphile_worker.add_job('mail', max_attempts => 1)");
        await tx.query("SELECT graphile_worker.permanently_fail_jobs(array[2], E'no such address\\nat …')");
        await tx.query("INSERT INTO berth_jobs.workers (id, lease_ms) VALUES ('pool-1', 30000)");
      };`,
    );
    expect((await db(["reset"])).output).toContain("20260103000000_create-jobs\nseeded");
    const { code, output } = await db(["jobs"]);
    expect(code).toBe(0);
    expect(output).toMatch(
      /^job +waiting +running +failed\nmail +0 +0 +1\nremind +1 +0 +0\nfailed 2 mail, 1 attempts, \d{4}-\S+Z: no such address\nworker pool-1: last heartbeat \d+ s ago\n$/,
    );
    expect(await db(["jobs", "retry", "2", "1"])).toEqual({
      code: 1,
      output: "db: job 1 has not failed: nothing is tried again\n",
    });
    expect((await db(["jobs"])).output).toContain("failed 2 mail, 1 attempts");
    expect(await db(["jobs", "retry", "2"])).toEqual({
      code: 0,
      output: "to be tried again: 2\n",
    });
    expect((await db(["jobs"])).output).toMatch(/^mail +1 +0 +0$/m);
    expect((await db(["jobs", "retry", "all"])).output).toBe("no job has failed\n");
    expect((await db(["rollback"])).output).toBe("rolled back 20260103000000_create-jobs\n");
    expect((await db(["jobs"])).output).toContain("no tables for jobs");
  });

  it("uses the running database, and no other one's data", async () => {
    const data = { DATA_DIR: join(copy, ".data/postgres"), DATABASE_NAME: formationId(copy) };
    const running = await spawnEmbeddedPostgres({ ...data, PORT: String(base + 100) });
    await query(running.url, "CREATE TABLE left_over ()");
    expect((await db(["reset"])).code).toBe(0);
    expect(
      await query(running.url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"),
    ).toEqual(expect.arrayContaining([{ tablename: "ships" }, { tablename: "migrations" }]));
    expect(await query(running.url, "SELECT to_regclass('left_over') AS gone")).toEqual([
      { gone: null },
    ]);
    expect(await db(["status", "-p", String(base + 1000)])).toEqual({
      code: 1,
      output: expect.stringMatching(
        /^db: .* is in use by process \d+: .* add its -p PORT here\n$/,
      ) as string,
    });
    await running.stop("SIGTERM");
  });

  it("uses the data directory that .env names, as npm run dev does", async () => {
    write(".env", "DATA_DIR=.data/own");
    expect((await db(["migrate"])).code).toBe(0);
    expect(readdirSync(join(copy, ".data"))).toEqual(["own"]);
  });

  it("ignores DATABASE_URL, and says so", async () => {
    const note =
      "db: DATABASE_URL is ignored: this is the development database, --url URL selects another one\n";
    const env = { DATABASE_URL: "postgres://user:hunter2@127.0.0.1:1/production" };
    const applied = "applied 20260101000000_create-ships, 20260102000000_add-crew\n";
    expect(await db(["migrate"], env)).toEqual({ code: 0, output: note + applied });
    write(".env", `DATABASE_URL=${env.DATABASE_URL}`);
    expect(await db(["reset"])).toEqual({ code: 0, output: note + applied });
  });

  it("uses the database that DEV_DATABASE_URL names, and changes it only with --yes", async () => {
    write(".env", `DEV_DATABASE_URL=${other.url}\nDATABASE_URL=postgres://127.0.0.1:1/production`);
    expect(await db(["reset"])).toEqual({
      code: 1,
      output: expect.stringMatching(/^db: reset changes database "\w+" at .*: add --yes/) as string,
    });
    expect((await db(["jobs", "retry", "all"])).output).toMatch(/^db: jobs retry changes database/);
    expect((await db(["migrate"])).code).toBe(0);
    expect(await query(other.url, "SELECT count(*)::int FROM migrations")).toEqual([{ count: 2 }]);
    expect(readdirSync(copy)).not.toContain(".data");
  });

  it("resets another database only with its URL and --yes", async () => {
    await query(other.url, "CREATE SCHEMA own; CREATE TABLE own.precious ()");
    for (const command of ["reset", "rollback", "seed"]) {
      expect(await db([command, "--url", other.url])).toEqual({
        code: 1,
        output: expect.stringMatching(
          new RegExp(`^db: ${command} changes database "\\w+" at .*: add --yes to confirm\n$`),
        ) as string,
      });
    }
    expect(
      await query(other.url, "SELECT to_regclass('own.precious') IS NOT NULL AS kept"),
    ).toEqual([{ kept: true }]);
    expect((await db(["reset", "--url", other.url, "--yes"])).code).toBe(0);
    expect(
      await query(
        other.url,
        "SELECT to_regclass('own.precious') AS gone, count(*)::int FROM migrations",
      ),
    ).toEqual([{ gone: null, count: 2 }]);
    expect(readdirSync(copy)).not.toContain(".data");
  });

  it("names the failing migration, and keeps those before it", async () => {
    write("src/features/ships/migrations/20260103000000_fails.ts", {
      up: "SELECT nonsense",
      down: "",
    });
    expect(await db(["migrate", "--url", other.url])).toEqual({
      code: 1,
      output: 'db: The migration 20260103000000_fails failed: column "nonsense" does not exist\n',
    });
    expect((await db(["status", "--url", other.url])).output).toBe(
      "applied  20260101000000_create-ships\napplied  20260102000000_add-crew\npending  20260103000000_fails\n",
    );
  });

  it("opens psql, and says how to install it", async () => {
    write("bin/psql", '#!/bin/sh\necho "$@"; exit 3\n');
    chmodSync(join(copy, "bin/psql"), 0o755);
    const PATH = `${join(copy, "bin")}:/bin`;
    const opened = await db(["psql", "--", "-c", "SELECT 1"], { PATH });
    expect(opened).toEqual({
      code: 3,
      output: expect.stringMatching(
        new RegExp(`^postgres://postgres@127\\.0\\.0\\.1:\\d+/${formationId(copy)} -c SELECT 1\n$`),
      ) as string,
    });
    const missing = await db(["psql"], { PATH: join(copy, "src") });
    expect(missing).toEqual({
      code: 1,
      output: expect.stringMatching(/^db: psql is not installed: apt install/) as string,
    });
  });

  it("writes a migration that sorts last, and cannot be applied before it is filled in", async () => {
    const { code, output } = await db(["new", "harbours/create-harbours"]);
    expect([code, output]).toEqual([
      0,
      expect.stringMatching(/^src\/features\/harbours\/migrations\/\d{14}_create-harbours\.ts\n$/),
    ]);
    expect(await db(["migrate", "--url", other.url])).toEqual({
      code: 1,
      output: expect.stringMatching(
        /^db: The migration \d+_create-harbours failed: syntax error at or near "still"\n$/,
      ) as string,
    });
    const file = output.trim();
    const template = readFileSync(join(copy, file), "utf8");
    write(file, template.replaceAll("still to be written", "SELECT 1"));
    expect((await db(["migrate", "--url", other.url])).output).toMatch(
      /^applied \d+_create-harbours\n$/,
    );
  });

  it("reports an invalid command line in one line", async () => {
    expect(await db(["reset", "now"])).toEqual({
      code: 1,
      output: 'db: reset does not take the argument "now"\n',
    });
  });

  it("lists its commands with --help", async () => {
    expect(await db(["--help"])).toEqual({
      code: 0,
      output: expect.stringMatching(/^Usage: npm run db/) as string,
    });
  });
});
