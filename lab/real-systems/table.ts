// The results of real systems as Markdown: a matrix, followed by each system's Procfile line and failures.
import { loadClauses } from "port-contract";
import { plain } from "../contract/documentation";
import { type System, systems } from "./systems";
import type { Trial } from "./try-system";

const marks = { pass: "yes", fail: "**no**", skip: "–" } as const;

type Columns = Map<string, Map<string, string>>;

/**
 * Updates the section: each trial replaces its system's column and failures. A failed MUST is in bold, unlike a failed
 * SHOULD or MAY.
 */
export function withTrials(section: string, trials: readonly Trial[]): string {
  const [before = "", ...paragraphs] = section.split(/\n\n(?=### )/);
  const columns = columnsOf(before);
  const seen = new Map(paragraphs.map((text) => [/^### (.*)/.exec(text)?.[1] ?? "", text]));
  for (const trial of trials) {
    const { name } = trial.system;
    columns.set(name, new Map(trial.clauses.map((clause) => [clause.id, mark(clause)])));
    seen.set(name, details(trial));
  }
  const names = systems.map(({ name }) => name).filter((name) => columns.has(name));
  return [matrix(columns, names), ...names.map((name) => seen.get(name))].join("\n\n");
}

function columnsOf(matrix: string): Columns {
  const rows = matrix.split("\n").map((line) => line.split("|").slice(1, -1));
  const [[, ...names] = [], , ...body] = rows.map((row) => row.map((cell) => cell.trim()));
  return new Map(
    names.map((name, at) => [
      name,
      new Map(body.map(([id = "", ...cells]) => [id, cells[at] ?? ""])),
    ]),
  );
}

function matrix(columns: Columns, names: readonly string[]): string {
  const ids = loadClauses().map(({ id }) => id);
  const rows = ids.map((id) => [id, ...names.map((name) => columns.get(name)?.get(id) ?? "")]);
  return table([["", ...names], ...rows]);
}

function mark({ status, level }: Trial["clauses"][number]): string {
  return status === "fail" && level !== "MUST" ? "no" : marks[status];
}

/** Pads the columns like Prettier. */
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
  const parts = [`### ${system.name}`, plain(version), lineOf(system), seen.join("\n")];
  return parts.filter(Boolean).join("\n\n");
}

function lineOf({ line }: System): string {
  return line ? `\`\`\`\nweb: ${line}\n\`\`\`` : "";
}
