// Experiment: while hundreds of calls wait for a slow upstream, other routes must stay fast.
import type { Finding } from "../experiments/run";
import { ask, type RequestResult } from "./ask";
import type { Options } from "./options";
import { count, slowest } from "./observations";
import { startSubject } from "./subject";
import { startUpstream } from "./upstream";

const SLOW_CALLS = 500;
const NEIGHBOUR_CALLS = 200;
/** A response slower than this counts as affected, in milliseconds; with a margin for a busy machine. */
const QUICK_MS = 500;
/** The limit for a call, with a margin for a busy machine, in milliseconds. */
const CALL_LIMIT_MS = 8000;

/** Measures a route without calls, and one that calls another upstream, before and during the slow calls. */
export async function neighbours({ node }: Options): Promise<Finding> {
  const hanging = await startUpstream({});
  const well = await startUpstream();
  const subject = await startSubject(node, { stockUrl: hanging.url, otherUrl: well.url });
  const measure = async (path: string): Promise<RequestResult[]> => {
    const results: RequestResult[] = [];
    while (results.length < NEIGHBOUR_CALLS) results.push(await ask(subject.port, path));
    return results;
  };
  const paths = { "a route without calls": "/quiet", "a route with another upstream": "/other" };
  const before: RequestResult[][] = [];
  for (const path of Object.values(paths)) before.push(await measure(path));
  const usedBefore = await subject.usage();
  const slow = Promise.all(
    Array.from({ length: SLOW_CALLS }, (_, id) => ask(subject.port, `/ask?id=${id}`)),
  );
  const meanwhile: RequestResult[][] = [];
  for (const path of Object.values(paths)) meanwhile.push(await measure(path));
  const used = await subject.usage();
  const slowOnes = await slow;
  await subject.end();
  await hanging.stop();
  await well.stop();

  const rows = Object.keys(paths).map((who, at) => toRow(who, meanwhile[at]!, before[at]));
  rows.push(toRow(`${SLOW_CALLS} calls to the slow upstream`, slowOnes));
  const mb = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB`;
  rows.push({
    who: "the process: sockets, memory",
    status: `${usedBefore.sockets} → ${used.sockets} sockets`,
    "ms, median": "",
    "ms at most": "",
    before: `${mb(usedBefore.rss)} → ${mb(used.rss)}`,
  });
  const isTouched = meanwhile.flat().some((of) => of.status !== 200 || of.tookMs > QUICK_MS);
  const missed = isTouched ? [`a neighbour took over ${QUICK_MS} ms`] : [];
  if (slowest(slowOnes) > CALL_LIMIT_MS)
    missed.push(`a call took ${slowest(slowOnes).toFixed(0)} ms`);
  return { rows, missed };
}

function toRow(who: string, results: readonly RequestResult[], before?: readonly RequestResult[]) {
  return {
    who,
    status: count(results.map(({ status }) => `${status}`)),
    "ms, median": median(results),
    "ms at most": slowest(results).toFixed(1),
    before: before ? `${median(before)}, ${slowest(before).toFixed(1)}` : "",
  };
}

function median(results: readonly RequestResult[]): string {
  const sorted = results.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!.toFixed(1);
}
