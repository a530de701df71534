// Sends load with wrk: in C, it needs a fraction of what any server here does, so that its core is not what is measured.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { startRun } from "port-contract/harness";
import { onCore } from "./cores";
import { endedCpuSeconds } from "./process-usage";
import type { Work } from "./works";

/** What one run of the load came to. */
export interface LoadResult {
  requests: number;
  seconds: number;
  p50Ms: number;
  p99Ms: number;
  /** The processor time that sending it took. */
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

/** @throws Error naming the cure when wrk is not there. */
export function requireWrk(): void {
  if (spawnSync("wrk", ["--version"]).error) {
    throw new Error(
      "wrk sends the load and is not installed: apt-get install wrk, or brew install wrk.",
    );
  }
}

/**
 * Sends one work to ports of this machine, in equal shares.
 * @throws Error when an answer had another status than the work expects, or a connection broke.
 */
export async function load(
  ports: readonly number[],
  work: Work,
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
  if (wrong > 0) throw new Error(`${work.name}: ${wrong} answers had not status ${work.status}`);
  if (report.broken > 0) throw new Error(`${work.name}: ${report.broken} connections broke`);
  return {
    requests: report.requests,
    seconds: report.durationUs / 1e6,
    p50Ms: report.p50Us / 1000,
    p99Ms: report.p99Us / 1000,
    cpuSeconds: endedCpuSeconds() - endedBefore,
  };
}

function wrkArguments(port: number, work: Work, seconds: number): string[] {
  const { method, path, body = "", headers = {} } = work;
  const { connections, requestsPerSecond, onAllCores } = work;
  // Each connection pauses so long on average; the answer itself takes next to nothing of that.
  const thinkMs = requestsPerSecond ? (connections * 1000) / requestsPerSecond : 0;
  return [
    // Each has one port, and as many connections as the others.
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

/** Reads the line that load.lua prints below wrk's own report. @throws Error when it is missing. */
export function parseReport(output: string): WrkReport {
  const line = output.split("\n").find((candidate) => candidate.startsWith("{"));
  if (line === undefined) throw new Error(`wrk printed no result:\n${output}`);
  return JSON.parse(line) as WrkReport;
}
