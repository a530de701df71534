// Requests of one client, and what became of them.
import { setTimeout as sleep } from "node:timers/promises";

/** What became of one request. */
export interface Answer {
  /** 0 when there was none. */
  status: number;
  tookMs: number;
}

/** How many requests are on their way at once. */
const CLIENTS = 10;

async function ask(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  const startedAt = performance.now();
  const status = await fetch(url, { headers }).then(
    async (res) => {
      await res.arrayBuffer();
      return res.status;
    },
    () => 0,
  );
  return { status, tookMs: performance.now() - startedAt };
}

/** Sends a GET with each of these headers to the instances in turn, several at once. */
export async function askEach(
  urls: readonly string[],
  headers: readonly Record<string, string>[],
): Promise<Answer[]> {
  const answers: Answer[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    for (let i = next++; i < headers.length; i = next++)
      answers.push(await ask(urls[i % urls.length]!, headers[i]));
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return answers;
}

/** Steady load on several instances. */
export interface Load {
  /** What has been answered since it was last asked. */
  take: () => Answer[];
  stop: () => Promise<void>;
}

/** Between an answer and the next request of the same connection, in milliseconds: the latency is not that of a queue. */
const PAUSE_MS = 5;

/** Asks all instances in turn, over and over, with several requests on their way at once. */
export function startLoad(urls: readonly string[]): Load {
  let answers: Answer[] = [];
  let isStopped = false;
  let next = 0;
  const client = async (): Promise<void> => {
    while (!isStopped) {
      answers.push(await ask(urls[next++ % urls.length]!));
      await sleep(PAUSE_MS);
    }
  };
  const ended = Promise.all(Array.from({ length: CLIENTS }, client));
  return {
    take() {
      const taken = answers;
      answers = [];
      return taken;
    },
    async stop() {
      isStopped = true;
      await ended;
    },
  };
}

/** How many have this status. */
export const countOf = (answers: readonly Answer[], status: number): number =>
  answers.filter((answer) => answer.status === status).length;

/** The value below which this share of the answers came, in milliseconds. */
export function percentile(answers: readonly Answer[], share: number): number {
  const sorted = answers.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
