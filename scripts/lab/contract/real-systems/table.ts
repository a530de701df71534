// The table of real systems as Markdown: a matrix, and below it each system's line and what was seen.
import { plain } from "../documentation";
import type { Trial } from "./try-system";

const marks = { pass: "yes", fail: "**no**", skip: "–" } as const;

/** Renders all trials; what a SHOULD or MAY breaks is set in a lighter type than what a MUST breaks. */
export function renderTrials(trials: readonly Trial[]): string {
  return [matrix(trials), ...trials.map(details)].join("\n\n");
}

function matrix(trials: readonly Trial[]): string {
  const ids = trials[0]?.clauses.map(({ id }) => id) ?? [];
  const names = trials.map(({ system }) => system.name);
  const rows = ids.map((id) => [id, ...trials.map((trial) => mark(trial, id))]);
  return table([["", ...names], ...rows]);
}

function mark({ clauses }: Trial, id: string): string {
  const found = clauses.find((clause) => clause.id === id);
  if (!found) return "";
  return found.status === "fail" && found.level !== "MUST" ? "no" : marks[found.status];
}

/** Pads the columns as Prettier does, which checks the page. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = rows;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(head), rule, ...body.map(line)].join("\n");
}

function details({ system, version, clauses }: Trial): string {
  const seen = clauses.flatMap((clause) =>
    clause.status === "fail" ? [`- ${clause.id} (${clause.level}): ${plain(clause.seen)}`] : [],
  );
  return `### ${system.name}

${plain(version)}

\`\`\`
web: ${system.line}
\`\`\`

${seen.join("\n")}`;
}
