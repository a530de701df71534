// What the failure of a test says below its message: what was logged, and what processes have printed.
import type * as berth from "berth/process";

type LogFields = berth.LogFields;

/** A process that a test has started. */
export interface RecordedProcess {
  command: string;
  isRunning(): boolean;
  /** The lines of both outputs so far. */
  output: (this: void) => string[];
}

/** How many errors, and how many lines of a process, a failure shows. */
const SHOWN_ERRORS = 5;
const SHOWN_OUTPUT = 30;

/** Loaded with the first failure. */
const load = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start
  require("berth/process") as typeof berth;

/** The lines of level error and above, each below its request; empty if there are none. */
export function logNote(lines: readonly LogFields[]): string[] {
  const { levelOf, readableLines } = load();
  const severe = lines.filter((line) => ["error", "fatal"].includes(levelOf(line)));
  if (severe.length === 0) return [];
  const shown = severe
    .slice(0, SHOWN_ERRORS)
    .flatMap((line) => [...(requestOf(line, lines) ?? []), ...readableLines(line), ""]);
  const more = severe.length - SHOWN_ERRORS;
  return [
    "Logged while the test ran:",
    ...quoted([...shown.slice(0, -1), ...(more > 0 ? ["", `… and ${more} more`] : [])]),
    "",
  ];
}

/** The request during which the line was logged, as its line in the access log. */
function requestOf({ requestId }: LogFields, lines: readonly LogFields[]): string[] | undefined {
  const isItsLine = (line: LogFields) => line.msg === "request" && line.requestId === requestId;
  const line = requestId === undefined ? undefined : lines.find(isItsLine);
  return line && load().readableLines(line);
}

/** What a process has printed. */
export function outputNote({ command, output }: RecordedProcess): string[] {
  const { parseLogLine, readableLines } = load();
  const lines = output().filter((line) => line !== "");
  const shown = lines.slice(-SHOWN_OUTPUT).flatMap((line) => {
    const parsed = parseLogLine(line);
    return parsed ? readableLines(parsed) : [line];
  });
  const what =
    lines.length > SHOWN_OUTPUT ? `the last of its ${lines.length} lines` : "what it has printed";
  return lines.length === 0
    ? [`${command} runs, and has printed nothing.`, ""]
    : [`${command} runs; ${what}:`, ...quoted(shown), ""];
}

/** The bar keeps Jest from taking a frame of a logged stack for the first one of the failure. */
const quoted = (lines: readonly string[]): string[] => lines.map((line) => `| ${line}`.trimEnd());

/** Whether it is the error of a test that took too long. */
export const isTimeout = (error: unknown): boolean =>
  String(thrownIn(error)).startsWith("Exceeded timeout of ");

/** What was thrown, of any type; besides it, Jest has the place where the test is defined. */
const thrownIn = (error: unknown): unknown => (Array.isArray(error) ? error[0] : error);

const FRAMES = /\n\s*at\s.*:\d*:\d*/;
const notedErrors = new WeakSet<object>();

/** The failure with the note between its message and its stack; an error that several tests share has it once. */
export function addNote(error: unknown, note: string): unknown {
  if (note === "") return error;
  const thrown = thrownIn(error);
  const definedAt: unknown = Array.isArray(error) ? error[1] : undefined;
  const isError = isErrorLike(thrown);
  const result = isError ? thrown : new Error();
  if (notedErrors.has(result)) return error;
  notedErrors.add(result);
  const stack = isError ? thrown.stack : `${String(thrown)}\n${framesOf(definedAt)}`;
  const at = FRAMES.exec(stack)?.index ?? stack.length;
  const text = `${stack.slice(0, at).trimEnd()}\n\n${note}${stack.slice(at)}`;
  try {
    result.stack = text;
    return isError ? error : result;
  } catch {
    // A frozen error.
    return Object.assign(new Error(), { stack: text });
  }
}

/** An error of any realm. */
const isErrorLike = (value: unknown): value is Error & { stack: string } =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as { stack?: unknown }).stack === "string";

function framesOf(error: unknown): string {
  if (!isErrorLike(error)) return "";
  const at = FRAMES.exec(error.stack)?.index;
  return at === undefined ? "" : error.stack.slice(at + 1);
}
