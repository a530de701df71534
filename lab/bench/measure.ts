// Measures one workload: every contender in its own process, in each round.
import { setTimeout as sleep } from "node:timers/promises";
import type { Contender } from "./contenders";
import { load } from "./load";
import { cpuSeconds, residentMb } from "./process-usage";
import { type Served, serve } from "./served";
import type { Workload } from "./workloads";

/** The result of one contender in one round. */
export interface Round {
  /** Per second of time, or of CPU time with `--together`. */
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** CPU time of the server, in microseconds per request. */
  cpuUs: number;
  /** The share of a core that the server used. If it is well below 1, something else was the bottleneck. */
  busy: number;
  /** The same of the load. */
  loadBusy: number;
  /** CPU time of the router in front of the server, in microseconds per request; 0 without a router. */
  frontUs: number;
}

/** The results of one contender in all rounds of a workload. */
export interface Measurement {
  contender: Contender;
  rounds: Round[];
  /** Resident memory before the load. */
  idleMb: number;
  /** Resident memory after the last round. */
  loadedMb: number;
}

/** Options of a measurement. */
export interface MeasureOptions {
  rounds: number;
  seconds: number;
  /** Whether all contenders are measured concurrently instead of in turns. */
  together: boolean;
  node: string;
}

interface Runner extends Measurement {
  server: Served;
  sent: number;
}

const SETTLE_MS = 300;
/** Warm-up for the JIT and the memory of connections, in seconds. */
const WARM_UP_S = 2;

/**
 * Measures one workload.
 * @throws Error when a contender sent a wrong response, or logged fewer lines than it had requests
 */
export async function measure(
  work: Workload,
  contenders: readonly Contender[],
  options: MeasureOptions,
): Promise<Measurement[]> {
  const runners: Runner[] = [];
  for (const contender of contenders) runners.push(await warmUp(contender, work, options));
  for (let round = 0; round < options.rounds; round++) {
    const run = (runner: Runner): Promise<void> => runRound(runner, work, options);
    if (options.together) await Promise.all(runners.map(run));
    // Rotates the order: the first contender of one round is the last of the next.
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

async function warmUp(
  contender: Contender,
  work: Workload,
  { node }: MeasureOptions,
): Promise<Runner> {
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
  work: Workload,
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

async function finish({ server, contender, sent }: Runner, work: Workload): Promise<void> {
  const lines = await server.stop();
  if (lines >= sent) return;
  throw new Error(`${contender.title} logged ${lines} lines for ${sent} requests (${work.name})`);
}
