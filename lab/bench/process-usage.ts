// CPU time and memory of processes, from /proc.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const BYTES_PER_MB = 1_000_000;
const BYTES_PER_KIB = 1024;
/** Indexes of fields of /proc/PID/stat, counted after the command's name in parentheses, which may contain anything. */
const [UTIME, STIME, CUTIME, CSTIME] = [11, 12, 13, 14];

let ticksPerSecond: number | undefined;

/** The CPU time of a process in seconds, in steps of about 10 ms; NaN without /proc. */
export function cpuSeconds(pid: number): number {
  return ticks(readProc(pid, "stat"), UTIME, STIME);
}

/** The CPU time of this process's children that have exited, in seconds. */
export function endedCpuSeconds(): number {
  return ticks(readProc(process.pid, "stat"), CUTIME, CSTIME);
}

/** The resident memory of a process in MB; NaN without /proc. */
export function residentMb(pid: number): number {
  const kib = /^VmRSS:\s+(\d+)/m.exec(readProc(pid, "status"))?.[1];
  return (Number(kib ?? Number.NaN) * BYTES_PER_KIB) / BYTES_PER_MB;
}

/** The sum of two fields in seconds. */
function ticks(stat: string, one: number, other: number): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  ticksPerSecond ??= Number(execFileSync("getconf", ["CLK_TCK"]));
  return (Number(fields[one]) + Number(fields[other])) / ticksPerSecond;
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
