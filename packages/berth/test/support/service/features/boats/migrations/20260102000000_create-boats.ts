import type { MigrationBuilder } from "node-pg-migrate";

export const up = (pgm: MigrationBuilder): void => {
  pgm.createTable("boats", { id: "id", name: { type: "text", notNull: true } });
};
