// Formats numbers and events the same way in every clause.
import type { Output } from "./harness/output";
import type { Exit } from "./harness/run";
import { type Ending, isGone } from "./harness/stop";

/** `1234` becomes `1.23 s`, `2000` becomes `2 s`. */
export function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(2))} s`;
}

/** `exited with 1` or `killed by SIGTERM`. */
export function describeExit({ code, signal }: Exit): string {
  return signal ? `killed by ${signal}` : `exited with ${code}`;
}

/** `8080, 9090 and /tmp/x`. */
export function listOf(items: readonly (string | number)[]): string {
  const rest = items.slice(0, -1).join(", ");
  return rest ? `${rest} and ${items.at(-1)}` : String(items[0] ?? "nothing");
}

/** `exited with 0 in 0.31 s of 10 s`, or what is still alive. */
export function describeEnding(ending: Ending, limitMs: number): string {
  const { exit, afterMs, left } = ending;
  if (isGone(ending) && exit)
    return `${describeExit(exit)} in ${seconds(afterMs)} of ${seconds(limitMs)}`;
  const alive = listOf(left.map(({ pid, command }) => `pid ${pid} (${command.slice(0, 60)})`));
  const leader = exit ? `${describeExit(exit)}, but ` : "";
  return `${leader}still alive after ${seconds(limitMs)}: ${alive}`;
}

const aboutFailure = /error|EADDR|in use|can't|cannot|could not|fail|refuse|expected|needs?\b/i;

/** Quotes the last line of output that mentions a failure, or else the last line, shortened to fit a row. */
export function describeOutput(output: Output): string {
  const lines = output.lines();
  const line = (lines.findLast((one) => aboutFailure.test(one)) ?? lines.at(-1))?.trim();
  if (!line) return "it says nothing";
  return `it says ${JSON.stringify(line.length > 160 ? `${line.slice(0, 159)}…` : line)}`;
}
