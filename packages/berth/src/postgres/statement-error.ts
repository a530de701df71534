// Names the statement in its error: its lines with a caret below the position, and the line of code that ran it.

/** What PostgreSQL and pg say in an error about the position of a fault. */
interface StatementError extends Error {
  statement?: string;
  /** Counted in characters, from 1. */
  position?: string;
  /** The statement of a function that failed, and the position in it. */
  internalQuery?: string;
  internalPosition?: string;
}

/** Longer statements are cut in the log, in characters. */
const STATEMENT_LIMIT = 2000;

/** Cuts a statement for the log. */
export const shortenStatement = (text: string): string =>
  text.length <= STATEMENT_LIMIT
    ? text
    : `${text.slice(0, STATEMENT_LIMIT)}… (${text.length} characters)`;

/**
 * Adds the statement to the stack of its error, which only logs and tests show, and as the property `statement`.
 * @param frames The lines of a stack with the place of the statement in the code.
 */
export function nameStatement(thrown: unknown, text: string, frames: readonly string[] = []): void {
  if (typeof thrown !== "object" || thrown === null || "statement" in thrown) return;
  const err = thrown as StatementError;
  Object.defineProperty(err, "statement", { value: shortenStatement(text), configurable: true });
  const { internalQuery, stack } = err;
  if (typeof stack !== "string") return;
  const lines = excerptOf(text, Number(err.position ?? 0));
  if (internalQuery !== undefined)
    lines.push("   in", ...excerptOf(internalQuery, Number(err.internalPosition ?? 0)));
  const start = stack.indexOf("\n    at ", err.message.length);
  const end = start === -1 ? stack.length : start;
  err.stack = `${stack.slice(0, end)}\n${[...lines, ...frames].join("\n")}${stack.slice(end)}`;
}

/** How many lines are shown before and after the one with the fault. */
const CONTEXT = 2;
/** How many characters of a line are shown on each side of the fault. */
const SIDE = 80;

/** The numbered lines around a position, counted from 1; the first lines if it is 0, for none. */
function excerptOf(text: string, position: number): string[] {
  // PostgreSQL counts characters, JavaScript UTF-16 code units.
  const before = Array.from(text.slice(0, 2 * position)).slice(0, position - 1);
  const blank = /^\s*\n/.exec(text)?.[0] ?? "";
  const start = position > 0 ? before.join("") : blank;
  const firstLine = blank.split("\n").length - 1;
  const fault = start.split("\n").length - 1;
  const column = start.length - start.lastIndexOf("\n") - 1;
  const shown: string[] = [];
  for (const [index, line] of text.trimEnd().split("\n").entries()) {
    if (Math.abs(index - fault) > CONTEXT || index < firstLine) continue;
    const left = Math.max(0, (index === fault ? column : 0) - SIDE);
    const part = line.slice(left, left + 2 * SIDE);
    shown.push(`${String(index + 1).padStart(5)} | ${part}`);
    if (index === fault && position > 0)
      shown.push(`      | ${part.slice(0, column - left).replaceAll(/[^\t]/g, " ")}^`);
  }
  return shown;
}
