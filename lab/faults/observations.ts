// The observations of one fault, and their row in the table.
import type { RequestResult } from "./ask";
import type { Line, Usage } from "./subject";

/** The observations. */
export interface Observations {
  /** The first GET, and a POST after it. */
  first: RequestResult;
  post: RequestResult;
  /** Concurrent GETs. */
  many: readonly RequestResult[];
  /** How often the first GET and the POST arrived at the upstream. */
  getsArrived: number;
  postsArrived: number;
  /** How much the upstream sent, in bytes. */
  sentBytes: number;
  log: readonly Line[];
  before: Usage;
  /** After idle connections have timed out. */
  after: Usage;
  mayRecover: boolean;
  /** From the end of the fault to the first 200, in milliseconds; undefined when there was none. */
  recoveredAfterMs: number | undefined;
  /** Further errors. */
  otherErrors: readonly string[];
}

/** Formats the observations as a row of the table. */
export function toRow(name: string, seen: Observations): Record<string, string> {
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

/** The time of the slowest call, in milliseconds. */
export const slowest = (results: readonly RequestResult[]): number =>
  Math.max(...results.map(({ tookMs }) => tookMs));

/** Such as `200 ×98, 503 ×2`. */
export function count(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, times]) => (times > 1 ? `${word} ×${times}` : word)).join(", ");
}

/** Counts the kinds of warnings and errors in the log. */
function logged(log: readonly Line[]): string {
  const telling = log.filter(({ level }) => level !== "info");
  return count(telling.map(({ level, msg }) => `${level} ${msg.slice(0, 60)}`));
}

const toMb = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
