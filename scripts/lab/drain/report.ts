// What an experiment has found, as text.
import type { Account } from "./account";
import type { Exit } from "./exit";

/** The rows of an experiment's table, and which of its targets were missed. */
export interface Finding {
  rows: readonly Readonly<Record<string, string>>[];
  missed: readonly string[];
}

/** What became of requests, as columns. */
export function accountColumns(sum: Account): Record<string, string> {
  return {
    requests: `${sum.requests}`,
    resets: `${sum.resets} (${sum.resetsOfNew} new)`,
    refusals: `${sum.refusals}`,
    incomplete: `${sum.incomplete}`,
    "in flight lost": `${sum.lost}`,
  };
}

/** How processes ended, as columns. */
export function exitColumns(exits: readonly Exit[]): Record<string, string> {
  const seconds = exits.map(({ tookMs }) => tookMs / 1000).sort((a, b) => a - b);
  const [least, middle, most] = [0, seconds.length >> 1, seconds.length - 1].map(
    (i) => seconds[i]!,
  );
  return { "exit codes": tally(exits), "s to exit": [middle, least, most].map(toTwo).join(" ") };
}

/** As a Markdown table, with what was missed below. */
export function describe({ rows, missed }: Finding): string {
  const names = Object.keys(rows[0] ?? {});
  const lines = [names, names.map(() => "---"), ...rows.map((row) => Object.values(row))];
  const table = rows.length > 0 ? lines.map((cells) => `| ${cells.join(" | ")} |`) : [];
  return [...table, ...missed.map((what) => `MISSED: ${what}`)].join("\n");
}

const toTwo = (seconds = Number.NaN): string => seconds.toFixed(2);

/** Such as `0 ×49, SIGKILL ×1`. */
function tally(exits: readonly Exit[]): string {
  const counts = new Map<string, number>();
  for (const { status } of exits) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${status} ×${count}`).join(", ");
}
