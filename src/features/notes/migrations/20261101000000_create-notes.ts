// Creates the notes table.
import type { MigrationBuilder } from "berth/migrate";

export function up(pgm: MigrationBuilder): void {
  pgm.sql(`
    CREATE TABLE notes (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      title text NOT NULL,
      body text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    )
  `);
}

export function down(pgm: MigrationBuilder): void {
  pgm.sql("DROP TABLE notes");
}
