// Prints the lines of all processes as one log: HH:MM:SS web.1  | line.
import { once } from "node:events";
import type { Writable } from "node:stream";
import type * as PinoPretty from "pino-pretty";

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

/** Creates the log of the processes with these `names`. On a terminal it is coloured, and pino's JSON is pretty-printed. */
export function createOutput(stream: Writable & { isTTY?: boolean }, names: string[]): Output {
  const width = Math.max(...[RUNNER, ...names].map((name) => name.length));
  const prefix = (name: string) => `${clock()} ${name.padEnd(width)} |`;
  const paint = (name: string) => {
    const color = COLORS[names.indexOf(name) % COLORS.length] ?? 0;
    return stream.isTTY ? `\x1b[${color}m${prefix(name)}\x1b[0m` : prefix(name);
  };
  const render = stream.isTTY ? createLogRenderer() : (text: string) => [text];
  const line = (name: string, text: string) => {
    for (const part of render(text)) stream.write(`${paint(name)} ${part}\n`);
  };
  const closed = new Promise<void>((resolve) => stream.on("error", () => resolve()));
  const ready = async () => {
    if (stream.writableNeedDrain) await once(stream, "drain").catch(() => {});
  };
  const flush = () => new Promise<void>((resolve) => stream.write("", () => resolve()));
  return { line, say: (text) => line(RUNNER, text), ready, flush, closed };
}

function clock(): string {
  return new Date().toTimeString().slice(0, 8);
}

/** Omits the time and the process, which are in the prefix. */
function createLogRenderer(): (text: string) => string[] {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it where no terminal needs it
  const { prettyFactory } = require("pino-pretty") as typeof PinoPretty;
  const pretty = prettyFactory({
    colorize: true,
    ignore: "time,pid,hostname",
    singleLine: true,
  });
  return (text) => (isPinoLine(text) ? pretty(text).trimEnd().split("\n") : [text]);
}

function isPinoLine(text: string): boolean {
  return text.startsWith('{"level":') && text.endsWith("}");
}
