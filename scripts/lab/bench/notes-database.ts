// A database of its own for the notes, made and dropped by the benchmark.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { Client } from "pg";

/** A database with notes in it. */
export interface NotesDatabase {
  url: string;
  drop: () => Promise<void>;
}

const MIGRATE = join(__dirname, "../../../dist/migrate.js");
const NOTES = 1000;

/**
 * Creates a database beside the one that the URL names, migrates it and fills it with notes.
 * @throws Error when the server does not answer, or the user may not create databases.
 */
export async function createNotesDatabase(serverUrl: string): Promise<NotesDatabase> {
  const name = `berth_bench_${process.pid}`;
  await run(serverUrl, `CREATE DATABASE ${name}`);
  const url = Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
  execFileSync(process.execPath, [MIGRATE], { env: { ...process.env, DATABASE_URL: url } });
  await run(
    url,
    `INSERT INTO notes (title, body) SELECT 'Note ' || n, repeat('quay ', 20) FROM generate_series(1, ${NOTES}) n`,
  );
  return { url, drop: () => run(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`) };
}

async function run(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
