// Measures how many calls one process makes to another, through the service client and with bare undici.
import { join } from "node:path";
import { isInterrupted, startRun, startServer } from "port-contract/harness";
import { keepLoadAwake, onCore } from "./cores";
import type { MeasureOptions } from "./measure";

/** The ways in which `contenders/caller.js` calls; the first is the baseline. */
const WAYS = ["bare undici", "client", "client, in a request"];

/** The results of one way, one value per round. */
export interface Calls {
  way: string;
  /** Per second of time, or of CPU time with `--together`. */
  perSecond: number[];
  /** The share of a core that the calling process used. */
  busy: number[];
}

interface CallerReport {
  calls: number;
  seconds: number;
  cpuSeconds: number;
}

const scriptOf = (name: string): string => join(__dirname, `contenders/${name}.js`);

/** Measures every way in each round, in turns or concurrently, each in a new process. */
export async function measureCalls(options: MeasureOptions): Promise<Calls[]> {
  const { node, rounds, together } = options;
  const upstream = await startServer(onCore("load", [node, scriptOf("upstream")]));
  const url = `http://127.0.0.1:${upstream.port}`;
  const letSleep = keepLoadAwake();
  const all = WAYS.map((way): Calls => ({ way, perSecond: [], busy: [] }));
  const run = async (of: Calls): Promise<void> => {
    const { calls, seconds, cpuSeconds } = await callOnce(of.way, url, options);
    of.perSecond.push(calls / (together ? cpuSeconds : seconds));
    of.busy.push(cpuSeconds / seconds);
  };
  try {
    for (let round = 0; round < rounds; round++) {
      if (together) await Promise.all(all.map(run));
      else for (const of of all) await run(of);
    }
  } finally {
    await letSleep();
    await upstream.reap();
  }
  return all;
}

async function callOnce(
  way: string,
  url: string,
  { node, seconds }: MeasureOptions,
): Promise<CallerReport> {
  const run = startRun(onCore("server", [node, scriptOf("caller"), way, url, String(seconds)]));
  const { code } = await run.exited;
  await run.reap();
  if (code === 0) return JSON.parse(run.output.text()) as CallerReport;
  throw new Error(isInterrupted() ? "interrupted" : `${way}: ${run.output.text()}`);
}
