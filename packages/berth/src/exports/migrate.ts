// Migrations.
export { migrate, rollBack, type MigrateOptions } from "../backing/migrations";
export type { MigrationBuilder } from "node-pg-migrate";
