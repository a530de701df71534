// Migrations.
export { migrate, rollBack, type MigrateOptions } from "../postgres/migrations";
export type { MigrationBuilder } from "node-pg-migrate";
