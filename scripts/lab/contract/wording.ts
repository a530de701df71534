// How numbers and events are put into words, the same in every clause.
import type { Exit } from "./harness/run";
import type { Output } from "./harness/output";

/** `1234` becomes `1.23 s`; whole seconds lose their zeros. */
export function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(2))} s`;
}

/** `exited with 1` or `killed by SIGTERM`. */
export function shortExit({ code, signal }: Exit): string {
  return signal ? `killed by ${signal}` : `exited with ${code}`;
}

/** `8080, 9090 and /tmp/x`. */
export function listOf(items: readonly (string | number)[]): string {
  const rest = items.slice(0, -1).join(", ");
  return rest ? `${rest} and ${items.at(-1)}` : String(items[0] ?? "nothing");
}

const aboutFailure = /error|EADDR|in use|can't|cannot|could not|fail|refuse|expected|needs?\b/i;

/** The last line of a run that is about a failure, else its last one at all, quoted and cut to fit a row. */
export function lastWords(output: Output): string {
  const lines = output.lines();
  const line = (lines.findLast((one) => aboutFailure.test(one)) ?? lines.at(-1))?.trim();
  if (!line) return "it says nothing";
  return `it says ${JSON.stringify(line.length > 160 ? `${line.slice(0, 159)}…` : line)}`;
}
