// What a run prints: both streams in the order in which they arrive, to be read, waited for, or hung up on.
import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { createBell, within } from "./wait";

/** The printed text of one run. */
export interface Output {
  /** Everything so far, standard output and standard error mixed. */
  readonly text: () => string;
  /** The non-empty lines so far. */
  readonly lines: () => string[];
  /** Resolves to true when the text satisfies `isThere`, to false when it ends without, or after `limitMs`. */
  readonly shows: (isThere: (text: string) => boolean, limitMs: number) => Promise<boolean>;
  /** Closes the reading ends, as a log collector that crashes does: the next write there is an EPIPE. */
  readonly hangUp: () => void;
}

/** Begins to collect what the child prints. */
export function collectOutput(child: ChildProcess): Output {
  const streams = [child.stdout, child.stderr].filter((stream): stream is Readable => !!stream);
  const bell = createBell();
  let text = "";
  let open = streams.length;
  for (const stream of streams) {
    stream.setEncoding("utf8").on("error", () => undefined);
    stream.on("data", (chunk: string) => {
      text += chunk;
      bell.ring();
    });
    stream.once("close", () => {
      open -= 1;
      bell.ring();
    });
  }
  const shows = async (isThere: (text: string) => boolean, limitMs: number) => {
    const deadline = performance.now() + limitMs;
    while (!isThere(text)) {
      const left = deadline - performance.now();
      if (left <= 0 || open === 0) return false;
      await within(bell.rung(), left);
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
