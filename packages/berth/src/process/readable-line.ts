// Renders log lines for people: on a terminal, in `npm run dev`, and beside the failure of a test.
import { join, relative, sep } from "node:path";
import { WriteStream } from "node:tty";

/** A parsed log line. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The label of pino's numeric levels, which a logger without Berth's formatters writes. */
const LABELS: Readonly<Record<number, string>> = {
  ...{ 10: "trace", 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "fatal" },
};

/** ANSI codes. */
const [RED, GREEN, YELLOW, CYAN, DIM] = [31, 32, 33, 36, 2];
const LEVEL_COLORS: Readonly<Record<string, number>> = { warn: YELLOW, error: RED, fatal: RED };
const STATUS_COLORS = [DIM, DIM, GREEN, CYAN, YELLOW, RED];

/** Not shown as `name=value`: shown otherwise, or of no use to a reader. */
const SHOWN_ELSEWHERE = new Set([
  ...["level", "time", "pid", "hostname", "msg", "err", "requestId", "traceId", "route"],
]);

/** Fields of errors that say nothing besides the message and the code. */
const NOISE = new Set(["name", "severity", "position", "routine"]);

/**
 * Whether to write in colour: only to a terminal that has colours and without `NO_COLOR`, unless `FORCE_COLOR` says otherwise.
 * @see https://no-color.org
 */
export function hasColors(isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  // Set but empty, it has no meaning; Node's own rule differs.
  const { NO_COLOR, ...others } = env;
  const depth = WriteStream.prototype.getColorDepth(NO_COLOR ? env : others);
  return (isTerminal || env.FORCE_COLOR !== undefined) && depth > 2;
}

/** Parses a line of JSON that has a level; undefined for any other text. */
export function parseLogLine(text: string): LogFields | undefined {
  if (!text.startsWith('{"level":')) return undefined;
  try {
    return JSON.parse(text) as LogFields;
  } catch {
    return undefined;
  }
}

/** The label of a line's level. */
export const levelOf = ({ level }: LogFields): string =>
  typeof level === "number" ? (LABELS[level] ?? String(level)) : String(level);

/**
 * The lines of text for a log line: `GET /tools 200 33 ms` for one of the access log, otherwise the message and its fields;
 * errors follow, with their fields and stack. Frames of installed packages and of Node are only counted.
 */
export function readableLines(line: LogFields, isColored = false): string[] {
  const paint: Paint = (text, color) => (isColored ? `\x1b[${color}m${text}\x1b[0m` : text);
  const head = isAccessLine(line) ? accessText(line, paint) : messageText(line, paint);
  const error = isObject(line.err) ? errorLines(line.err, paint) : [];
  return [...head.split("\n"), ...error];
}

type Paint = (text: string, color: number) => string;

interface AccessLine extends LogFields {
  method: string;
  path: string;
  status: number;
  durationMs: number;
}

const isAccessLine = (line: LogFields): line is AccessLine =>
  line.msg === "request" &&
  typeof line.method === "string" &&
  typeof line.path === "string" &&
  typeof line.status === "number" &&
  typeof line.durationMs === "number";

function accessText(line: AccessLine, paint: Paint): string {
  const { method, path, status, durationMs, aborted, worker } = line;
  const color = STATUS_COLORS[Math.floor(status / 100)] ?? RED;
  return [
    ...(worker === undefined ? [] : [paint(`worker ${text(worker)}`, DIM)]),
    `${text(method)} ${text(path)} ${paint(String(status), color)} ${duration(durationMs)}`,
    ...(aborted ? [paint("client disconnected", YELLOW)] : []),
  ].join(" ");
}

/** One decimal below 10 ms. */
const duration = (ms: number): string =>
  `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;

function messageText(line: LogFields, paint: Paint): string {
  const level = levelOf(line);
  const fields = Object.entries(line)
    .filter(([name]) => !SHOWN_ELSEWHERE.has(name))
    .map(([name, value]) => `${name}=${text(value)}`);
  return [
    ...(level === "info" ? [] : [paint(level.toUpperCase(), LEVEL_COLORS[level] ?? DIM)]),
    text(line.msg ?? ""),
    ...(fields.length > 0 ? [paint(fields.join(" "), DIM)] : []),
  ].join(" ");
}

function errorLines({ stack, type, message, ...fields }: LogFields, paint: Paint): string[] {
  const said = stack === undefined ? `${text(type)}: ${text(message)}` : text(stack);
  // Already in the stack, with its lines numbered.
  const isStatementShown = /^ +\d+ \| /m.test(said);
  const details = Object.entries(fields)
    .filter(([name]) => !NOISE.has(name) && !(name === "statement" && isStatementShown))
    .flatMap(([name, value]) =>
      text(value)
        .split("\n")
        .map((part, index) => (index === 0 ? `  ${name}: ${part}` : `    ${part}`)),
    );
  const lines = said.split("\n");
  // The fields stand between the message and its stack, where they are seen.
  const end = lines.findIndex(isFrame);
  const [head, frames] = end === -1 ? [lines, []] : [lines.slice(0, end), lines.slice(end)];
  return [
    ...head.map((each) => `  ${each}`),
    ...details.map((each) => `  ${each}`),
    ...ownFrames(frames).map((each) => paint(`  ${each}`, DIM)),
  ];
}

const isFrame = (line: string): boolean => /^\s+at /.test(line);

/** This package's code, which a clone of the template has outside of `node_modules`. */
const OWN_FOLDERS = ["src", "dist"].map((name) => join(__dirname, "../..", name) + sep);

const isForeign = (line: string): boolean =>
  /[\\/]node_modules[\\/]|\bnode:/.test(line) ||
  OWN_FOLDERS.some((folder) => line.includes(folder));

/** The frames of your own code, with paths relative to the working directory; all of them if none is. */
function ownFrames(frames: readonly string[]): string[] {
  const areOwn = frames.some((line) => isFrame(line) && !isForeign(line));
  const kept: string[] = [];
  let left = 0;
  const count = () => {
    if (left > 0) kept.push(`    … ${left} in packages`);
    left = 0;
  };
  for (const line of frames) {
    if (areOwn && isFrame(line) && isForeign(line)) left++;
    else {
      count();
      kept.push(line.replace(/(^|\(|at )(\/[^()]*?)(?=:\d+:\d+\)?$)/, shorten));
    }
  }
  count();
  return kept;
}

function shorten(_match: string, before: string, path: string): string {
  const short = relative(process.cwd(), path);
  return before + (short.startsWith("..") ? path : short);
}

const isObject = (value: unknown): value is LogFields =>
  typeof value === "object" && value !== null;

/** Cleaned, before any colour is added: a request must not move the cursor of a terminal, or hide what follows. */
const text = (value: unknown): string =>
  (typeof value === "string" ? value : (JSON.stringify(value) ?? "")).replaceAll(
    // eslint-disable-next-line no-control-regex -- these are what it replaces
    /[\0-\x08\x0b-\x1f\x7f-\x9f]/g,
    (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
