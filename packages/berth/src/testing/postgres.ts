// Gives a test file an empty PostgreSQL database of its own.
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Client } from "pg";
import { atEnd } from "./at-end";
import { spawnEmbeddedPostgres } from "./embedded-postgres";
import { startSource, type TestProcess } from "./process";

export interface TestPostgres {
  /** Connection URL of the empty database. */
  url: string;
  /** Ends the database and whoever is still connected to it. */
  stop(): Promise<void>;
}

/**
 * Starts an embedded PostgreSQL in memory, or creates a database in the server that `TEST_DATABASE_URL` names.
 *
 * The embedded server ends with the process that started it, even when that one crashes before `stop()`.
 */
export async function startTestPostgres(): Promise<TestPostgres> {
  const serverUrl = process.env.TEST_DATABASE_URL;
  return serverUrl ? createDatabase(serverUrl) : startEmbedded();
}

async function startEmbedded(env: NodeJS.ProcessEnv = {}): Promise<EmbeddedDatabase> {
  const { url, stop, snapshot } = await spawnEmbeddedPostgres({ DATA_DIR: "memory://", ...env });
  return {
    url,
    snapshot,
    stop: async () => {
      await stop("SIGTERM");
    },
  };
}

interface EmbeddedDatabase extends TestPostgres {
  snapshot: (file: string) => Promise<void>;
}

/**
 * As `startTestPostgres`, with the service's migrations applied; it ends with the test file. They are applied once, by
 * `src/migrate.ts`: later databases begin as a snapshot, as long as no migration has changed.
 */
export async function startMigratedPostgres(): Promise<TestPostgres> {
  const file = snapshotFile();
  const hasSnapshot = !process.env.TEST_DATABASE_URL && existsSync(file);
  const postgres = hasSnapshot
    ? await startEmbedded({ SNAPSHOT: file })
    : await startTestPostgres();
  atEnd(() => postgres.stop());
  if (hasSnapshot) return postgres;
  const release = startSource("src/migrate.ts", { DATABASE_URL: postgres.url });
  if ((await release.exit) !== 0) throw new Error(reasonOf(release));
  if ("snapshot" in postgres) await keepSnapshot(postgres as EmbeddedDatabase, file);
  return postgres;
}

/** Put in place whole: other test files may look for it at the same time. */
async function keepSnapshot({ snapshot }: EmbeddedDatabase, file: string): Promise<void> {
  const folder = dirname(file);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  await snapshot(unfinished);
  await rename(unfinished, file);
}

/** Named by all that it depends on: the migrations, what applies them, and what keeps the data. */
function snapshotFile(): string {
  const hash = createHash("sha256");
  const files = readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((path) => /(^migrate|[\\/]migrations[\\/].*)\.ts$/.test(path))
    .sort();
  for (const path of files) hash.update(path).update(readFileSync(join("src", path)));
  for (const name of ["berth", "berth-dev"])
    hash.update(readFileSync(require.resolve(`${name}/package.json`)));
  return resolve("node_modules/.cache/berth/database", `${hash.digest("hex")}.tar`);
}

/** What the process died of, as a person reads it. */
function reasonOf({ lines, stderr }: TestProcess): string {
  const fatal = lines.find((line) => line.startsWith('{"level":"fatal"'));
  if (fatal === undefined) return [...lines, stderr()].join("\n");
  return (JSON.parse(fatal) as { err: { stack: string } }).err.stack;
}

async function createDatabase(serverUrl: string): Promise<TestPostgres> {
  const name = `berth_test_${randomBytes(6).toString("hex")}`;
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  await execute(serverUrl, `CREATE DATABASE ${name}`);
  return { url: url.href, stop: () => execute(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`) };
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}
