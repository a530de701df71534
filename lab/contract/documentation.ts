// The generated sections of packages/port-contract/clauses.md.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clause } from "port-contract";

/** The page. */
export const page = join(__dirname, "../../packages/port-contract/clauses.md");

/**
 * Replaces the text between the two marks of a section of the page.
 *
 * @throws Error when the page does not have the section
 */
export function replaceSection(name: string, text: string): void {
  const before = readFileSync(page, "utf8");
  const { start, end } = placeOf(name, before);
  writeFileSync(page, `${before.slice(0, start)}\n\n${text}\n\n${before.slice(end)}`);
}

/** Returns the text between the two marks of a section. @throws Error when the page does not have the section */
export function readSection(name: string): string {
  const whole = readFileSync(page, "utf8");
  const { start, end } = placeOf(name, whole);
  return whole.slice(start, end).trim();
}

/** Formats the clauses as Markdown. */
export function describeClauses(clauses: readonly Clause[]): string {
  return clauses.map(describeClause).join("\n\n");
}

function describeClause({ id, level, title, ...clause }: Clause): string {
  return `### ${id}: ${level} ${plain(title)}

- **Check:** ${plain(clause.procedure)}
- **Breaks:** ${plain(clause.breaksOn)}
- **Fix:** ${plain(clause.fix)}
- **Required by:** ${plain(clause.demandedBy)}`;
}

/** Escapes Markdown in plain text. */
export function plain(text: string): string {
  return text.replace(/[*<>|]/g, (character) => `\\${character}`);
}

function placeOf(name: string, whole: string): { start: number; end: number } {
  const begin = new RegExp(`<!-- ${name}: .*? -->`).exec(whole);
  const end = whole.indexOf(`<!-- end of ${name} -->`);
  if (!begin || end < 0)
    throw new Error(`packages/port-contract/clauses.md has no section ${name}`);
  return { start: begin.index + begin[0].length, end };
}
