// Prints findings: in lines for people and logs, or as JSON for programs.
import type { Level, NamedFinding } from "./check";

/** ANSI codes: red, yellow, and grey. */
const COLORS: Readonly<Record<Level, number>> = { error: 31, warning: 33, note: 90 };
const WIDTH = "warning".length;

/** The finding's line, and the cure below it. */
export function describeFinding(
  { level, check, message, cure }: NamedFinding,
  isColored: boolean,
): string {
  const label = level.padEnd(WIDTH);
  const painted = isColored ? `\x1b[${COLORS[level]}m${label}\x1b[0m` : label;
  const indent = `\n${" ".repeat(WIDTH + 2)}`;
  const lines = [`${check}: ${message}`, ...(cure === undefined ? [] : [cure])];
  return `${painted}  ${lines.join("\n").replaceAll("\n", indent)}`;
}

/** One line at the end, for a terminal. */
export function summarize(findings: readonly NamedFinding[], checks: number, ms: number): string {
  const count = (level: Level) => {
    const { length } = findings.filter((finding) => finding.level === level);
    return length === 0 ? [] : [`${length} ${level}${length === 1 ? "" : "s"}`];
  };
  const counts = [...count("error"), ...count("warning")];
  const result = counts.length === 0 ? "nothing to fix" : counts.join(", ");
  return `${result}: ${checks} checks in ${(ms / 1000).toFixed(1)} s`;
}

/** Whether something must be fixed. */
export const hasErrors = (findings: readonly NamedFinding[]): boolean =>
  findings.some(({ level }) => level === "error");
