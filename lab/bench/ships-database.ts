// Creates and drops the benchmark's database.
import { Client } from "pg";

/** A database with ships. */
export interface ShipsDatabase {
  url: string;
  drop: () => Promise<void>;
}

const SHIPS = 1000;

/** A typical table: an id, two texts, and the times of creation and update. */
const FILLED_TABLE = `
  CREATE TABLE ships (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    cargo text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
  );
  INSERT INTO ships (name, cargo)
  SELECT 'Ship ' || n, repeat('crate ', 20) FROM generate_series(1, ${SHIPS}) n
`;

/**
 * Creates a database with ships on the server of the URL.
 * @throws Error when the server does not respond, or the user may not create databases
 */
export async function createShipsDatabase(serverUrl: string): Promise<ShipsDatabase> {
  const name = `berth_bench_${process.pid}`;
  await run(serverUrl, `CREATE DATABASE ${name}`);
  const url = Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
  await run(url, FILLED_TABLE);
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
