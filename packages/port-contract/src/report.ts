// The report: one row per clause, then an explanation of each failure; or one JSON document.
import { styleText } from "node:util";
import type { Verdict } from "./judge";
import type { Settings } from "./settings";

type Colour = "green" | "red" | "yellow" | "dim";

/** One row: id, level, result, title, and the evidence or the reason for the skip. */
export function row({ clause, outcome, level }: Verdict, coloured: boolean): string {
  const weak = outcome.status === "fail" && level !== "MUST";
  const colour = { pass: "green", fail: weak ? "yellow" : "red", skip: "dim" } as const;
  const result = paint(colour[outcome.status], outcome.status.padEnd(5), coloured);
  return `${clause.id.padEnd(4)} ${level.padEnd(6)} ${result} ${clause.title}: ${detail(outcome)}`;
}

function detail(outcome: Verdict["outcome"]): string {
  if (outcome.status === "pass") return outcome.measured;
  return outcome.status === "fail" ? outcome.seen : outcome.reason;
}

/** Explains one failure. */
export function explain({ clause, outcome, level }: Verdict): string {
  return [
    `${clause.id} ${level} ${clause.title}`,
    `  seen         ${detail(outcome)}`,
    `  breaks       ${clause.breaksOn}`,
    `  fix          ${clause.fix}`,
    `  required by  ${clause.demandedBy}`,
  ].join("\n");
}

/** The last line: the counts, and the conclusion. */
export function summary(verdicts: readonly Verdict[], { platform }: Settings): string {
  const count = (status: string) =>
    verdicts.filter(({ outcome }) => outcome.status === status).length;
  const counts = `${count("pass")} passed, ${count("fail")} failed, ${count("skip")} skipped`;
  const conclusion = keepsContract(verdicts) ? "keeps the contract" : "breaks the contract";
  return `${counts}: ${conclusion} (platform: ${platform.name})`;
}

/** True if no MUST failed. */
export function keepsContract(verdicts: readonly Verdict[]): boolean {
  return verdicts.every(({ outcome, level }) => outcome.status !== "fail" || level !== "MUST");
}

/** The report as one JSON document. */
export function asJson(verdicts: readonly Verdict[], { command, platform }: Settings): string {
  const clauses = verdicts.map(({ clause, level, outcome }) => ({
    id: clause.id,
    title: clause.title,
    level,
    ...outcome,
  }));
  const report = {
    command: command.shown,
    platform: platform.name,
    keepsContract: keepsContract(verdicts),
    clauses,
  };
  return JSON.stringify(report, null, 2);
}

function paint(colour: Colour, text: string, coloured: boolean): string {
  return coloured ? styleText(colour, text) : text;
}
