// Gives a test file an empty PostgreSQL database of its own.
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { Client } from "pg";
import { atEnd } from "./cleanup";
import { spawnEmbeddedPostgres } from "./embedded-postgres";
import { startSource, type TestProcess } from "./process";

/** A database for tests. */
export interface TestPostgres {
  /** The connection URL of the database. */
  url: string;
  /** Stops the database, and closes its connections. */
  stop(): Promise<void>;
}

/**
 * Starts an embedded PostgreSQL in memory, or creates a database on the server of `TEST_DATABASE_URL`. The embedded server
 * exits with the process that started it, even if that crashes before `stop()`.
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
 * Like `startTestPostgres`, but with the service's migrations applied, and stopped after the test file. `src/migrate.ts`
 * applies them once: later databases start from a snapshot, until a migration changes.
 */
export async function startMigratedPostgres(): Promise<TestPostgres> {
  const serverUrl = process.env.TEST_DATABASE_URL;
  if (serverUrl) return migrated(await createDatabase(serverUrl));
  const file = snapshotFile();
  if (existsSync(file)) return untilEnd(await startEmbedded({ SNAPSHOT: file }));
  const postgres = await migrated(await startEmbedded());
  await keepSnapshot(postgres, file);
  return postgres;
}

function untilEnd<P extends TestPostgres>(postgres: P): P {
  atEnd(() => postgres.stop());
  return postgres;
}

async function migrated<P extends TestPostgres>(postgres: P): Promise<P> {
  untilEnd(postgres);
  const release = startSource("src/migrate.ts", { DATABASE_URL: postgres.url });
  if ((await release.exit) !== 0) throw new Error(failureOf(release));
  return postgres;
}

/**
 * Writes a snapshot and deletes earlier ones. Atomically, by a rename: other test files may read it, or write the same one, at
 * the same time.
 */
export async function keepSnapshot(
  { snapshot }: Pick<EmbeddedDatabase, "snapshot">,
  file: string,
): Promise<void> {
  const folder = dirname(file);
  await mkdir(folder, { recursive: true });
  const unfinished = `${file}.${randomBytes(6).toString("hex")}`;
  await snapshot(unfinished);
  await rename(unfinished, file);
  const earlier = (await readdir(folder)).filter(
    (name) => /\.tar$/.test(name) && name !== basename(file),
  );
  for (const name of earlier) await rm(join(folder, name), { force: true });
}

/** The name is a hash of everything that the snapshot depends on: the migrations, and the versions of Berth's packages. */
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

/** The stack of the error with which the process ended, or all of its output. */
function failureOf({ lines, stderr }: TestProcess): string {
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
