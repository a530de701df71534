// Writes a new migration for the developer to fill in.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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

/**
 * Writes a migration whose name sorts after all others.
 * @param src The folder of the sources.
 * @returns The path of the file.
 * @throws Error when the name is invalid or taken.
 */
export function writeMigration(src: string, name: string, now: Date): string {
  const [, feature, title] = NAME.exec(name) ?? [];
  if (!feature || !title) {
    throw new Error(
      `"${name}" is not a valid migration name: write FEATURE/NAME with a-z, 0-9 and -`,
    );
  }
  const folder = join(src, "features", feature, "migrations");
  const taken =
    existsSync(folder) && readdirSync(folder).find((file) => file.endsWith(`_${title}.ts`));
  if (taken) throw new Error(`${join(folder, taken)} has the same name: choose another one`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${nextStamp(listMigrations(src), now)}_${title}.ts`);
  writeFileSync(file, `// ${sentence(title)}.\n${TEMPLATE}`, { flag: "wx" });
  return file;
}

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
