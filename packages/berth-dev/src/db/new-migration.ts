// Writes a new migration for the developer to fill in.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { listMigrations } from "./migration-files";

const NAME = /^([a-z][a-z0-9-]*)\/([a-z][a-z0-9-]*)$/;

/** Not valid SQL: an empty migration would be applied by `npm run dev` at the next save, and then count as applied. */
const TEMPLATE = `import type { MigrationBuilder } from "berth/migrate";

export function up(pgm: MigrationBuilder): void {
  pgm.sql(\`
    still to be written
  \`);
}

export function down(pgm: MigrationBuilder): void {
  pgm.sql(\`
    still to be written
  \`);
}
`;

/** A migration that is to be written. */
export interface NewMigration {
  /** Its path below the folder of the sources. */
  file: string;
  text: string;
}

/**
 * Plans a migration whose name sorts after all others.
 * @param src The folder of the sources.
 * @throws Error when the name is invalid or taken.
 */
export function planMigration(src: string, name: string, now: Date): NewMigration {
  const [, feature, title] = NAME.exec(name) ?? [];
  if (!feature || !title) {
    throw new Error(
      `"${name}" is not a valid migration name: write FEATURE/NAME with a-z, 0-9 and -`,
    );
  }
  const folder = join("features", feature, "migrations");
  const there = join(src, folder);
  const taken =
    existsSync(there) && readdirSync(there).find((file) => file.endsWith(`_${title}.ts`));
  if (taken) throw new Error(`${join(there, taken)} has the same name: choose another one`);
  const file = join(folder, `${migrationName(listMigrations(src), title, now)}.ts`);
  return { file, text: `// ${sentence(title)}.\n${TEMPLATE}` };
}

/** Writes such a migration. @returns The path of the file. */
export function writeMigration(src: string, name: string, now: Date): string {
  const { file, text } = planMigration(src, name, now);
  const path = join(src, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { flag: "wx" });
  return path;
}

/** The name of the next migration, without its extension. @param existing The names of all others. */
export const migrationName = (existing: readonly string[], title: string, now: Date): string =>
  `${nextStamp(existing, now)}_${title}`;

/** The time as YYYYMMDDhhmmss, but later than all existing migrations: one may come from a machine whose clock is ahead. */
function nextStamp(existing: readonly string[], now: Date): string {
  const last = existing
    .map((name) => /^\d{14}/.exec(name)?.[0] ?? "")
    .sort()
    .at(-1);
  const stamp = now.toISOString().replaceAll(/\D/g, "").slice(0, 14);
  return last !== undefined && stamp <= last ? String(BigInt(last) + 1n) : stamp;
}

const sentence = (title: string): string =>
  `${title[0]?.toUpperCase()}${title.slice(1)}`.replaceAll("-", " ");
