// Creates the table for idempotency keys, for all features: see docs/idempotency.md.
import type { MigrationBuilder } from "berth/migrate";

export function up(pgm: MigrationBuilder): void {
  pgm.sql(`
    CREATE TABLE idempotency_keys (
      key text PRIMARY KEY,
      fingerprint text NOT NULL,
      response json NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX ON idempotency_keys (created_at);
  `);
}

export function down(pgm: MigrationBuilder): void {
  pgm.sql("DROP TABLE idempotency_keys");
}
