// What an experiment has found, as text.

/** The rows of an experiment's table, and which of its targets were missed. */
export interface Finding {
  rows: readonly Readonly<Record<string, string>>[];
  missed: readonly string[];
}

/** As a Markdown table, with what was missed below. */
export function describe({ rows, missed }: Finding): string {
  const names = Object.keys(rows[0] ?? {});
  const lines = [names, names.map(() => "---"), ...rows.map((row) => Object.values(row))];
  const table = rows.length > 0 ? lines.map((cells) => `| ${cells.join(" | ")} |`) : [];
  return [...table, ...missed.map((what) => `MISSED: ${what}`)].join("\n");
}
