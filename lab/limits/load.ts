// Sends the requests of one client, and records their responses.
import { setTimeout as sleep } from "node:timers/promises";

/** The outcome of a request. */
export interface RequestResult {
  /** 0 without a response. */
  status: number;
  tookMs: number;
}

/** The number of concurrent requests. */
const CLIENTS = 10;

async function ask(url: string, headers: Record<string, string> = {}): Promise<RequestResult> {
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

/** Sends a GET with each of these header sets to the instances in turn, several concurrently. */
export async function askEach(
  urls: readonly string[],
  headers: readonly Record<string, string>[],
): Promise<RequestResult[]> {
  const results: RequestResult[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    for (let i = next++; i < headers.length; i = next++)
      results.push(await ask(urls[i % urls.length]!, headers[i]));
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return results;
}

/** Steady load on several instances. */
export interface Load {
  /** Returns the responses since the last call. */
  take: () => RequestResult[];
  stop: () => Promise<void>;
}

/** The pause between a response and the connection's next request, in milliseconds, so that the latency is not a queue's. */
const PAUSE_MS = 5;

/** Sends requests to all instances in turn, several concurrently, until stopped. */
export function startLoad(urls: readonly string[]): Load {
  let results: RequestResult[] = [];
  let isStopped = false;
  let next = 0;
  const client = async (): Promise<void> => {
    while (!isStopped) {
      results.push(await ask(urls[next++ % urls.length]!));
      await sleep(PAUSE_MS);
    }
  };
  const ended = Promise.all(Array.from({ length: CLIENTS }, client));
  return {
    take() {
      const taken = results;
      results = [];
      return taken;
    },
    async stop() {
      isStopped = true;
      await ended;
    },
  };
}

/** The number of responses with this status. */
export const countOf = (results: readonly RequestResult[], status: number): number =>
  results.filter((result) => result.status === status).length;

/** The percentile of the response times, in milliseconds; `share` is between 0 and 1. */
export function percentile(results: readonly RequestResult[], share: number): number {
  const sorted = results.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
