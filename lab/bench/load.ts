// Generates load with wrk, which is written in C and needs a fraction of a server's CPU time, so it is not the bottleneck.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { startRun } from "port-contract/harness";
import { onCore } from "./cores";
import { endedCpuSeconds } from "./process-usage";
import type { Workload } from "./workloads";

/** The result of one run. */
export interface LoadResult {
  requests: number;
  seconds: number;
  p50Ms: number;
  p99Ms: number;
  /** The CPU time of the load generator. */
  cpuSeconds: number;
}

interface WrkReport {
  requests: number;
  durationUs: number;
  p50Us: number;
  p99Us: number;
  errorStatuses: number;
  broken: number;
}

/** @throws Error when wrk is not installed */
export function requireWrk(): void {
  if (spawnSync("wrk", ["--version"]).error) {
    throw new Error(
      "wrk, the load generator, is not installed: apt-get install wrk, or brew install wrk.",
    );
  }
}

/**
 * Sends one workload to local ports, in equal shares.
 * @throws Error when a response has another status than expected, or a connection breaks
 */
export async function load(
  ports: readonly number[],
  work: Workload,
  seconds: number,
): Promise<LoadResult> {
  const endedBefore = endedCpuSeconds();
  const side = work.onAllCores ? "any" : "load";
  const wrk = startRun(onCore(side, ["wrk", ...wrkArguments(ports[0]!, work, seconds)]), {
    env: { BENCH_PORTS: ports.join(",") },
  });
  await wrk.exited;
  await wrk.reap();
  const report = parseReport(wrk.output.text());
  const wrong = work.status >= 400 ? report.requests - report.errorStatuses : report.errorStatuses;
  if (wrong > 0) throw new Error(`${work.name}: ${wrong} responses without status ${work.status}`);
  if (report.broken > 0) throw new Error(`${work.name}: ${report.broken} connections broke`);
  return {
    requests: report.requests,
    seconds: report.durationUs / 1e6,
    p50Ms: report.p50Us / 1000,
    p99Ms: report.p99Us / 1000,
    cpuSeconds: endedCpuSeconds() - endedBefore,
  };
}

function wrkArguments(port: number, work: Workload, seconds: number): string[] {
  const { method, path, body = "", headers = {} } = work;
  const { connections, requestsPerSecond, onAllCores } = work;
  // The mean pause of each connection; the response time is negligible.
  const thinkMs = requestsPerSecond ? (connections * 1000) / requestsPerSecond : 0;
  return [
    // Threads: each has one port and the same number of connections.
    ...[
      "--threads",
      onAllCores ? "2" : "1",
      "--connections",
      String(connections),
      "--duration",
      `${seconds}s`,
    ],
    ...Object.entries(headers).flatMap(([name, value]) => ["--header", `${name}: ${value}`]),
    ...["--timeout", "10s", "--script", join(__dirname, "load.lua")],
    ...[`http://127.0.0.1:${port}${path}`, "--", method, body, String(thinkMs)],
  ];
}

/** Parses the line that load.lua prints after wrk's own report. @throws Error when it is missing */
export function parseReport(output: string): WrkReport {
  const line = output.split("\n").find((candidate) => candidate.startsWith("{"));
  if (line === undefined) throw new Error(`wrk printed no result:\n${output}`);
  return JSON.parse(line) as WrkReport;
}
