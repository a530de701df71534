// What a run prints: both streams in the order in which they arrive, to be read, waited for, or hung up on.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { within } from "./wait";

/** The printed text of one run. */
export interface Output {
  /** Everything so far, standard output and standard error mixed. */
  readonly text: () => string;
  /** The non-empty lines so far. */
  readonly lines: () => string[];
  /** Resolves to true when the text satisfies `isThere`, to false after `limitMs`. */
  readonly shows: (isThere: (text: string) => boolean, limitMs: number) => Promise<boolean>;
  /** Closes the reading ends, as a log collector that crashes does: the next write there is an EPIPE. */
  readonly hangUp: () => void;
}

/** Begins to collect what the child prints. */
export function collectOutput(child: ChildProcess): Output {
  const streams = [child.stdout, child.stderr].filter((stream): stream is Readable => !!stream);
  let text = "";
  for (const stream of streams) {
    stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    stream.on("error", () => undefined);
  }
  const shows = async (isThere: (text: string) => boolean, limitMs: number) => {
    const deadline = performance.now() + limitMs;
    while (!isThere(text)) {
      const left = deadline - performance.now();
      if (left <= 0) return false;
      await nextChunk(streams, left);
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

async function nextChunk(streams: readonly Readable[], limitMs: number): Promise<void> {
  const enough = new AbortController();
  const chunks = streams.map((stream) => once(stream, "data", { signal: enough.signal }));
  await within(Promise.any(chunks), limitMs).catch(() => undefined);
  enough.abort();
  await Promise.allSettled(chunks);
}
