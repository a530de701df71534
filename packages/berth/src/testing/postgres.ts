// Gives a test file an empty PostgreSQL database of its own.
import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { spawnEmbeddedPostgres } from "./embedded-postgres";

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

async function startEmbedded(): Promise<TestPostgres> {
  const { url, stop } = await spawnEmbeddedPostgres({ DATA_DIR: "memory://" });
  return {
    url,
    stop: async () => {
      await stop("SIGTERM");
    },
  };
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
