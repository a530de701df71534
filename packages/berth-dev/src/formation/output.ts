// Prints the lines of all processes as one log: HH:MM:SS web.1  | line.
import { once } from "node:events";
import type { Writable } from "node:stream";
import { hasColors, parseLogLine, readableLines } from "berth/process";

const RUNNER = "system";
/** ANSI codes of cyan, yellow, green, magenta, blue and red, assigned to the instances in order. */
const COLORS = [36, 33, 32, 35, 34, 31];

export interface Output {
  /** Prints a line of a process. */
  line(name: string, text: string): void;
  /** Prints a line of the runner itself. */
  say(text: string): void;
  /** Resolves when more can be written without waiting. */
  ready(): Promise<void>;
  /** Resolves when everything is written, or writing has failed. */
  flush(): Promise<void>;
  /** Resolves when the reader has closed the output. */
  closed: Promise<void>;
}

/**
 * Creates the log of the processes with these `names`. On a terminal, JSON of pino is shown in a form that people read.
 * @param env Says whether to use colours.
 * @param onLine Gets each line of a process as it is.
 */
export function createOutput(
  stream: Writable & { isTTY?: boolean },
  names: string[],
  env: NodeJS.ProcessEnv = {},
  onLine: (name: string, text: string) => void = () => {},
): Output {
  const isTerminal = stream.isTTY === true;
  const isColored = hasColors(isTerminal, env);
  const width = Math.max(...[RUNNER, ...names].map((name) => name.length));
  const prefix = (name: string) => `${clock()} ${name.padEnd(width)} |`;
  const paint = (name: string) => {
    const color = COLORS[names.indexOf(name) % COLORS.length] ?? 0;
    return isColored ? `\x1b[${color}m${prefix(name)}\x1b[0m` : prefix(name);
  };
  const render = (text: string): string[] => {
    const line = isTerminal ? parseLogLine(text) : undefined;
    return line ? readableLines(line, isColored) : [text];
  };
  const print = (name: string, text: string) => {
    for (const part of render(text)) stream.write(`${paint(name)} ${part}\n`);
  };
  const closed = new Promise<void>((resolve) => stream.on("error", () => resolve()));
  const ready = async () => {
    if (stream.writableNeedDrain) await once(stream, "drain").catch(() => {});
  };
  const flush = () => new Promise<void>((resolve) => stream.write("", () => resolve()));
  const line = (name: string, text: string) => {
    print(name, text);
    onLine(name, text);
  };
  return { line, say: (text) => print(RUNNER, text), ready, flush, closed };
}

function clock(): string {
  return new Date().toTimeString().slice(0, 8);
}
