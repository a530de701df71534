// What was seen of one fault, and how that reads.
import type { Answer } from "./ask";
import type { Line, Usage } from "./subject";

/** What was seen. */
export interface Seen {
  /** The first GET, and a POST after it. */
  first: Answer;
  post: Answer;
  /** GETs at once. */
  many: readonly Answer[];
  /** How often each of these arrived. */
  getsArrived: number;
  postsArrived: number;
  /** What the other side got rid of, in bytes. */
  sentBytes: number;
  log: readonly Line[];
  before: Usage;
  /** Once idle connections have had their time. */
  after: Usage;
  mayRecover: boolean;
  /** From the mending to the first 200, in milliseconds; undefined when there was none. */
  recoveredAfterMs: number | undefined;
  /** What has gone wrong besides. */
  besides: readonly string[];
}

/** As a row of the table. */
export function toRow(name: string, seen: Seen): Record<string, string> {
  const { first, post, many, postsArrived, before, after, recoveredAfterMs } = seen;
  const detail = String((first.body.detail as string | undefined) ?? "").replace(
    /^The stock service |\.$/g,
    "",
  );
  const retryAfter = first.headers["retry-after"];
  return {
    "the other side": name,
    GET: `${first.status}${detail && ` ${detail}`}${retryAfter ? ` (${retryAfter} s)` : ""}`,
    ms: first.tookMs.toFixed(0),
    arrived: `${seen.getsArrived}`,
    "POST, arrived": `${post.status}, ${postsArrived}`,
    [`${many.length} at once`]: count(many.map(({ status }) => String(status))),
    "ms at most": slowest(many).toFixed(0),
    logged: logged(seen.log),
    MB: (seen.sentBytes / 1e6).toFixed(1),
    sockets: `${before.sockets} → ${after.sockets}`,
    "heap MB": `${toMb(before.heapUsed)} → ${toMb(after.heapUsed)}`,
    "200 after ms": seen.mayRecover ? (recoveredAfterMs?.toFixed(0) ?? "never") : "",
  };
}

/** How long the slowest took, in milliseconds. */
export const slowest = (answers: readonly Answer[]): number =>
  Math.max(...answers.map(({ tookMs }) => tookMs));

/** Such as `200 ×98, 503 ×2`. */
export function count(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, times]) => (times > 1 ? `${word} ×${times}` : word)).join(", ");
}

/** Each kind of line of warning or error, how often. */
function logged(log: readonly Line[]): string {
  const telling = log.filter(({ level }) => level !== "info");
  return count(telling.map(({ level, msg }) => `${level} ${msg.slice(0, 60)}`));
}

const toMb = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
