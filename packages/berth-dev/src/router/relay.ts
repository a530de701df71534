// Passes the body of a message on as it comes, no faster than the other side takes it, with what follows it.
import type { IncomingMessage, OutgoingMessage } from "node:http";

/** Ends `to` with the trailers of `from`, unless `onEnd` does it. The head does not wait for a body that takes its time. */
export function relay(
  from: IncomingMessage,
  to: OutgoingMessage,
  onEnd = () => void to.end(),
): void {
  let isFirst = true;
  const flush = setImmediate(() => isFirst && to.flushHeaders());
  const begin = (): void => {
    isFirst = false;
    clearImmediate(flush);
  };
  from.on("data", (chunk: Buffer) => {
    if (isFirst) begin();
    if (!to.write(chunk)) from.pause();
  });
  to.on("drain", () => from.resume());
  from.on("end", () => {
    begin();
    if (from.rawTrailers.length > 0) to.addTrailers(inPairs(from.rawTrailers));
    onEnd();
  });
}

function inPairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ""]] : []));
}
