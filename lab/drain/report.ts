// Formats outcomes as columns of a table.
import type { Account } from "./account";
import type { Exit } from "./exit";

/** Columns about requests. */
export function accountColumns(sum: Account): Record<string, string> {
  return {
    requests: `${sum.requests}`,
    resets: `${sum.resets} (${sum.resetsOfNew} new)`,
    refusals: `${sum.refusals}`,
    incomplete: `${sum.incomplete}`,
    "in flight lost": `${sum.lost}`,
  };
}

/** Columns about exits. */
export function exitColumns(exits: readonly Exit[]): Record<string, string> {
  const seconds = exits.map(({ tookMs }) => tookMs / 1000).sort((a, b) => a - b);
  const [least, middle, most] = [0, seconds.length >> 1, seconds.length - 1].map(
    (i) => seconds[i]!,
  );
  return { "exit codes": tally(exits), "s to exit": [middle, least, most].map(toTwo).join(" ") };
}

const toTwo = (seconds = Number.NaN): string => seconds.toFixed(2);

/** Such as `0 ×49, SIGKILL ×1`. */
function tally(exits: readonly Exit[]): string {
  const counts = new Map<string, number>();
  for (const { status } of exits) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${status} ×${count}`).join(", ");
}
