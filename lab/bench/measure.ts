// Measures one work: every contender in its own process, round by round in turns.
import { setTimeout as sleep } from "node:timers/promises";
import type { Contender } from "./contenders";
import { load } from "./load";
import { cpuSeconds, residentMb } from "./process-usage";
import { type Served, serve } from "./served";
import type { Work } from "./works";

/** What one contender did in one round. */
export interface Round {
  /** Of time; of processor time when all are measured together. */
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Processor time of the server, in microseconds a request. */
  cpuUs: number;
  /** Share of a core that the server used: much below 1, the load or something else was the bottleneck. */
  busy: number;
  /** The same of the load. */
  loadBusy: number;
  /** Processor time of the router in front of the server, in microseconds a request; 0 without one. */
  frontUs: number;
}

/** What one contender did in all rounds of one work. */
export interface Measurement {
  contender: Contender;
  rounds: Round[];
  /** Resident memory before any load. */
  idleMb: number;
  /** Resident memory after the last round. */
  loadedMb: number;
}

/** How long and how often. */
export interface MeasureOptions {
  rounds: number;
  seconds: number;
  /** Whether all have their load at once, instead of in turns. */
  together: boolean;
  node: string;
}

interface Runner extends Measurement {
  server: Served;
  sent: number;
}

const SETTLE_MS = 300;
/** Until the machine code is there and the connections' memory has been taken, in seconds. */
const WARM_UP_S = 2;

/**
 * Measures one work.
 * @throws Error when a contender answered wrongly, or logged fewer lines than it answered requests.
 */
export async function measure(
  work: Work,
  contenders: readonly Contender[],
  options: MeasureOptions,
): Promise<Measurement[]> {
  const runners: Runner[] = [];
  for (const contender of contenders) runners.push(await warmUp(contender, work, options));
  for (let round = 0; round < options.rounds; round++) {
    const run = (runner: Runner): Promise<void> => runRound(runner, work, options);
    if (options.together) await Promise.all(runners.map(run));
    // Who is first in one round is last in the next.
    else for (const runner of rotate(runners, round)) await run(runner);
  }
  for (const runner of runners) await finish(runner, work);
  return runners.map(({ contender, rounds, idleMb, loadedMb }) => ({
    contender,
    rounds,
    idleMb,
    loadedMb,
  }));
}

async function warmUp(contender: Contender, work: Work, { node }: MeasureOptions): Promise<Runner> {
  const { env, onAllCores } = work;
  const server = await serve(contender, { node, env, onAllCores, log: "drained" });
  await sleep(SETTLE_MS);
  const idleMb = sum(server.pids().map(residentMb));
  const { requests } = await load(server.ports, work, WARM_UP_S);
  return { contender, server, sent: requests, rounds: [], idleMb, loadedMb: idleMb };
}

const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);

const rotate = <T>(items: readonly T[], by: number): T[] => {
  const first = by % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
};

async function runRound(
  runner: Runner,
  work: Work,
  { seconds, together }: MeasureOptions,
): Promise<void> {
  const { ports, pids, frontPids } = runner.server;
  const [processes, front] = [pids(), frontPids()];
  const usage = () => [processes, front].map((all) => sum(all.map(cpuSeconds)));
  const before = usage();
  const result = await load(ports, work, seconds);
  const [cpu = 0, frontCpu = 0] = usage().map((seconds, i) => seconds - before[i]!);
  runner.sent += result.requests;
  runner.loadedMb = sum(processes.map(residentMb));
  runner.rounds.push({
    requestsPerSecond: result.requests / (together ? cpu : result.seconds),
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    cpuUs: (cpu * 1e6) / result.requests,
    busy: cpu / result.seconds,
    loadBusy: result.cpuSeconds / result.seconds,
    frontUs: (frontCpu * 1e6) / result.requests,
  });
}

async function finish({ server, contender, sent }: Runner, work: Work): Promise<void> {
  const lines = await server.stop();
  if (lines >= sent) return;
  throw new Error(
    `${contender.title} answered ${sent} requests (${work.name}) and logged ${lines} lines`,
  );
}
