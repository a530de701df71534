// The report as JUnit XML, which CI systems show as tests.
// @see https://github.com/testmoapp/junitxml for what they read; the format has no standard.
import type { ClauseResult } from "./check-clauses";
import { explain } from "./report";
import type { Settings } from "./settings";

/** A clause's result, and how long its check took; 0 if it was skipped without one. */
export interface TimedResult extends ClauseResult {
  readonly ms: number;
}

/**
 * Renders the results as one test suite. Only a MUST that fails is a failed test; a SHOULD or MAY that fails is a skipped one, so
 * that the report is red if and only if the exit code is 1.
 */
export function asJunit(results: readonly TimedResult[], { command, platform }: Settings): string {
  const counts = {
    tests: results.length,
    failures: results.filter(isFailure).length,
    errors: 0,
    skipped: results.filter(({ outcome }) => outcome.status !== "pass").length,
    time: seconds(results.reduce((sum, { ms }) => sum + ms, 0)),
  };
  const { skipped, ...total } = { ...counts, skipped: counts.skipped - counts.failures };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: "port-contract", ...total })}>`,
    `<testsuite${attributes({ name: command.shown, ...total, skipped })}>`,
    "<properties>",
    `<property${attributes({ name: "platform", value: platform.name })}/>`,
    "</properties>",
    ...results.map(testcase),
    "</testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

const isFailure = ({ outcome, level }: ClauseResult): boolean =>
  outcome.status === "fail" && level === "MUST";

function testcase(result: TimedResult): string {
  const { clause, outcome, level, ms } = result;
  const name = `${clause.id} ${clause.title}`;
  const open = `<testcase${attributes({ classname: `port-contract.${level}`, name, time: seconds(ms) })}`;
  if (outcome.status === "pass")
    return `${open}><system-out>${escape(outcome.measured)}</system-out></testcase>`;
  if (outcome.status === "skip")
    return `${open}><skipped${attributes({ message: outcome.reason })}/></testcase>`;
  const text = escape(explain(result));
  return isFailure(result)
    ? `${open}><failure${attributes({ type: level, message: outcome.seen })}>${text}</failure></testcase>`
    : `${open}><skipped${attributes({ message: `${level} failed: ${outcome.seen}` })}>${text}</skipped></testcase>`;
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

const attributes = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(
      ([name, value]) => ` ${name}="${escape(String(value)).replaceAll(/[\t\n\r]/g, reference)}"`,
    )
    .join("");

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** A parser would turn white space in an attribute into spaces. */
const reference = (character: string): string => `&#${character.charCodeAt(0)};`;

/**
 * Escapes a text. Control characters of the program's output, which XML cannot contain even as references, become `\u001b`.
 * @see https://www.w3.org/TR/xml/#charsets
 */
function escape(text: string): string {
  return (
    text
      .toWellFormed()
      .replaceAll(/[&<>"]/g, (character) => entities[character] ?? "")
      // eslint-disable-next-line no-control-regex
      .replaceAll(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, visible)
  );
}

const visible = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
