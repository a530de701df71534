import type { MigrationBuilder } from "node-pg-migrate";

export const up = (pgm: MigrationBuilder): void => {
  pgm.createTable("harbours", { id: "id", name: { type: "text", notNull: true } });
};
