// The report: one row per clause, then an explanation of each failure; or one JSON document.
import { styleText } from "node:util";
import type { ClauseResult } from "./check-clauses";
import type { Settings } from "./settings";

type Colour = "green" | "red" | "yellow" | "dim";

/** One row: id, level, result, title, and the evidence or the reason for the skip. */
export function row({ clause, outcome, level }: ClauseResult, coloured: boolean): string {
  const weak = outcome.status === "fail" && level !== "MUST";
  const colour = { pass: "green", fail: weak ? "yellow" : "red", skip: "dim" } as const;
  const result = paint(colour[outcome.status], outcome.status.padEnd(5), coloured);
  return `${clause.id.padEnd(4)} ${level.padEnd(6)} ${result} ${clause.title}: ${detail(outcome)}`;
}

function detail(outcome: ClauseResult["outcome"]): string {
  if (outcome.status === "pass") return outcome.measured;
  return outcome.status === "fail" ? outcome.seen : outcome.reason;
}

/** Explains one failure. */
export function explain({ clause, outcome, level }: ClauseResult): string {
  return [
    `${clause.id} ${level} ${clause.title}`,
    `  seen         ${detail(outcome)}`,
    `  breaks       ${clause.breaksOn}`,
    `  fix          ${clause.fix}`,
    `  required by  ${clause.demandedBy}`,
  ].join("\n");
}

/** The last line: the counts, and the conclusion. */
export function summary(results: readonly ClauseResult[], { platform }: Settings): string {
  const count = (status: string) =>
    results.filter(({ outcome }) => outcome.status === status).length;
  const counts = `${count("pass")} passed, ${count("fail")} failed, ${count("skip")} skipped`;
  const conclusion = keepsContract(results) ? "keeps the contract" : "breaks the contract";
  return `${counts}: ${conclusion} (platform: ${platform.name})`;
}

/** True if no MUST failed. */
export function keepsContract(results: readonly ClauseResult[]): boolean {
  return results.every(({ outcome, level }) => outcome.status !== "fail" || level !== "MUST");
}

/** The report as one JSON document. */
export function asJson(results: readonly ClauseResult[], { command, platform }: Settings): string {
  const clauses = results.map(({ clause, level, outcome }) => ({
    id: clause.id,
    title: clause.title,
    level,
    ...outcome,
  }));
  const report = {
    command: command.shown,
    platform: platform.name,
    keepsContract: keepsContract(results),
    clauses,
  };
  return JSON.stringify(report, null, 2);
}

function paint(colour: Colour, text: string, coloured: boolean): string {
  return coloured ? styleText(colour, text) : text;
}
