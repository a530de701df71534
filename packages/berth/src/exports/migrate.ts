// Migrations.
export { migrate, rollBack, type MigrateOptions } from "../backing/migrations";
