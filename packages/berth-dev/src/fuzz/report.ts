// Reports what was tried, and each finding with a curl command that reproduces it.
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FuzzRequest } from "./exchange";
import type { Finding, OperationResult } from "./trial";

/** What a run was started with. */
export interface RunInfo {
  url: string;
  seed: number;
  runs: number;
  /** Returns the stack that the service logged for a request. */
  errorOf?: (requestId: string) => string | undefined;
}

/** A table with a row for each operation, followed by notes on what was not tried. */
export function tableOf(results: readonly OperationResult[]): string {
  const rows = results.map(({ operation, valid, invalid, statuses, findings }) => [
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
  const notes = results.flatMap(({ operation, notes }) =>
    notes.map((note) => `${operation}: ${note}`),
  );
  return [...lines, ...notes].join("\n");
}

/** Each finding, with the smallest request that shows it, and the command that repeats it. */
export function findingsOf(results: readonly OperationResult[], run: RunInfo): string[] {
  return results
    .flatMap(({ findings }) => findings)
    .map((finding, index) => {
      const file = join(tmpdir(), `fuzz-${run.seed}-${index + 1}`);
      const thrown = run.errorOf?.(requestIdOf(finding));
      return [
        `${finding.operation}: ${finding.mismatch}`,
        `  sent:      ${finding.violation ?? "valid input"}`,
        `  response:  ${responseOf(finding)}`,
        ...(thrown === undefined
          ? []
          : [`  error:     ${thrown.split("\n").slice(0, 3).join("\n          ")}`]),
        `  request:   ${curlOf(run.url, finding.sent, file)}`,
        `  repeat:    npm run fuzz -- --seed ${run.seed} --runs ${run.runs}${pathOption(finding)}`,
      ].join("\n");
    });
}

/** A path parameter may come from another route's response: then all routes must run again. */
const pathOption = ({ operation }: Finding): string =>
  operation.includes("{") ? "" : ` --path '${operation}'`;

const requestIdOf = ({ response }: Finding): string => response?.headers["x-request-id"] ?? "";

const responseOf = ({ response }: Finding): string =>
  response
    ? `${response.status} ${response.headers["content-type"] ?? ""} ${response.body.slice(0, 500)}`
    : "none";

/** A longer body is written to a file. */
const MAX_INLINE_BODY = 4000;

/** Returns the request as a curl command. @param file Where to write a body that does not fit into the command. */
export function curlOf(
  url: string,
  { method, target, headers, body }: FuzzRequest,
  file: string,
): string {
  const named = Object.entries(headers).map(
    // `name;` sends an empty header; `name:` would remove it.
    ([name, value]) => `-H ${quote(value === "" ? `${name};` : `${name}: ${value}`)}`,
  );
  const how = method === "HEAD" ? ["-I"] : ["-i", "-X", method];
  const words = ["curl", ...how, "--path-as-is", ...named, ...bodyWords(body, file)];
  return [...words, quote(url + target)].join(" ");
}

function bodyWords(body: FuzzRequest["body"], file: string): string[] {
  if (body === undefined) return [];
  const isLine =
    typeof body === "string" && body.length <= MAX_INLINE_BODY && !/[\0\r\n]|^@/.test(body);
  if (isLine) return ["--data-raw", quote(body)];
  writeFileSync(file, body);
  return ["--data-binary", quote(`@${file}`)];
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
