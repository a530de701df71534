// Finds indexes that a CREATE INDEX CONCURRENTLY has left half-built: no query uses them, and each write pays for them.
import type { Client } from "pg";

/**
 * Their names, with their schemas where needed; those that are being built are left out, and those of partitioned tables.
 * None where the server does not tell, as those that are only compatible with PostgreSQL.
 */
export function invalidIndexes(client: Client): Promise<string[]> {
  const found = client.query<{ value: string }>(
    `SELECT i.indexrelid::regclass::text AS value
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE NOT i.indisvalid AND c.relkind = 'i'
       AND i.indexrelid NOT IN (SELECT index_relid FROM pg_stat_progress_create_index)
     ORDER BY value`,
  );
  return found.then(
    ({ rows }) => rows.map(({ value }) => value),
    () => [],
  );
}

/** What they are, and the cure. */
export const describeInvalid = (indexes: readonly string[]): string =>
  `Half-built indexes are in the database, left by a CREATE INDEX CONCURRENTLY that failed, and another one of the same name fails or ` +
  `does nothing: drop them before you migrate again: ${indexes.map((name) => `DROP INDEX CONCURRENTLY ${name}`).join("; ")}`;
