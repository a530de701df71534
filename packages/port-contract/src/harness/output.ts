// Collects what a run prints to stdout and stderr, in order of arrival.
import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { createNotifier, within } from "./wait";

/** The output of one run. */
export interface Output {
  /** Everything so far, stdout and stderr mixed. */
  readonly text: () => string;
  /** The non-empty lines so far. */
  readonly lines: () => string[];
  /** Resolves to true once `isThere(text)` is true, or to false when the output ends first or after `limitMs`. */
  readonly shows: (isThere: (text: string) => boolean, limitMs: number) => Promise<boolean>;
  /** Closes the pipes' reading ends, as a log collector that crashes: the program's next write fails with EPIPE. */
  readonly hangUp: () => void;
}

/** Starts to collect the child's output. */
export function collectOutput(child: ChildProcess): Output {
  const streams = [child.stdout, child.stderr].filter((stream): stream is Readable => !!stream);
  const change = createNotifier();
  let text = "";
  let open = streams.length;
  for (const stream of streams) {
    stream.setEncoding("utf8").on("error", () => undefined);
    stream.on("data", (chunk: string) => {
      text += chunk;
      change.notify();
    });
    stream.once("close", () => {
      open -= 1;
      change.notify();
    });
  }
  const shows = async (isThere: (text: string) => boolean, limitMs: number) => {
    const deadline = performance.now() + limitMs;
    while (!isThere(text)) {
      const left = deadline - performance.now();
      if (left <= 0 || open === 0) return false;
      await within(change.next(), left);
    }
    return true;
  };
  return {
    text: () => text,
    lines: () => text.split("\n").filter((line) => line.trim()),
    shows,
    hangUp: () => streams.forEach((stream) => stream.destroy()),
  };
}
