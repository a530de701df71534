// Writes a migration that is still to be filled in.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { listMigrations } from "./migration-files";

const NAME = /^([a-z][a-z0-9-]*)\/([a-z][a-z0-9-]*)$/;

/** No SQL yet, so that nobody applies it before it is written: `npm run dev` tries at each save. */
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

/**
 * Writes the migration, whose name orders it behind all that there are.
 * @param src The folder of the sources.
 * @returns The file.
 * @throws Error when the name is none, or taken.
 */
export function writeMigration(src: string, name: string, now: Date): string {
  const [, feature, title] = NAME.exec(name) ?? [];
  if (!feature || !title) {
    throw new Error(`"${name}" is no name for a migration: write FEATURE/NAME of a-z, 0-9 and -`);
  }
  const folder = join(src, "features", feature, "migrations");
  const taken =
    existsSync(folder) && readdirSync(folder).find((file) => file.endsWith(`_${title}.ts`));
  if (taken) throw new Error(`${join(folder, taken)} has that name: choose another one`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${nextStamp(listMigrations(src), now)}_${title}.ts`);
  writeFileSync(file, `// ${sentence(title)}.\n${TEMPLATE}`, { flag: "wx" });
  return file;
}

/** The time as YYYYMMDDhhmmss, later than what exists: a clock may be behind whoever wrote the last one. */
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
