// Says what was tried, and what was found.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { curlOf } from "./curl";
import type { Finding, Tried } from "./trial";

/** What a report is about. */
export interface Ran {
  url: string;
  seed: number;
  runs: number;
  /** What was thrown in a request, where the log is known. */
  errorOf?: (requestId: string) => string | undefined;
}

/** A table with a line for each operation, and what was not tried. */
export function tableOf(tried: readonly Tried[]): string {
  const rows = tried.map(({ operation, valid, invalid, statuses, findings }) => [
    operation,
    String(valid),
    String(invalid),
    String(findings.length),
    [...statuses]
      .sort(([a], [b]) => a - b)
      .map(([status, count]) => `${status}×${count}`)
      .join(" "),
  ]);
  const all = [["route", "valid", "invalid", "findings", "statuses"], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]!.length)));
  const lines = all.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column] ?? 0),
      )
      .join("  "),
  );
  const notes = tried.flatMap(({ operation, notes }) =>
    notes.map((note) => `${operation}: ${note}`),
  );
  return [...lines, ...notes].join("\n");
}

/** What is wrong, with the smallest request that shows it, and how to look again. */
export function findingsOf(tried: readonly Tried[], ran: Ran): string[] {
  return tried
    .flatMap(({ findings }) => findings)
    .map((finding, index) => {
      const file = join(tmpdir(), `fuzz-${ran.seed}-${index + 1}`);
      const thrown = ran.errorOf?.(requestIdOf(finding));
      return [
        `${finding.operation}: ${finding.wrong}`,
        `  sent:    ${finding.broken ?? "what the description allows"}`,
        `  answer:  ${answerOf(finding)}`,
        ...(thrown === undefined
          ? []
          : [`  thrown:  ${thrown.split("\n").slice(0, 3).join("\n        ")}`]),
        `  request: ${curlOf(ran.url, finding.sent, file)}`,
        `  again:   npm run fuzz -- --seed ${ran.seed} --runs ${ran.runs}${onlyOf(finding)}`,
      ].join("\n");
    });
}

/** What is in a path may come from the answers of another route. */
const onlyOf = ({ operation }: Finding): string =>
  operation.includes("{") ? "" : ` --path '${operation}'`;

const requestIdOf = ({ answer }: Finding): string => answer?.headers["x-request-id"] ?? "";

const answerOf = ({ answer }: Finding): string =>
  answer
    ? `${answer.status} ${answer.headers["content-type"] ?? ""} ${answer.body.slice(0, 500)}`
    : "none";
