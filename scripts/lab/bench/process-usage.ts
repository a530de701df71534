// What a process has used so far, as Linux counts it.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const BYTES_PER_MB = 1_000_000;
const BYTES_PER_KIB = 1024;
/** Fields of /proc/PID/stat after the command's name, which is put in parentheses and may hold anything. */
const [UTIME, STIME] = [11, 12];

let ticksPerSecond: number | undefined;

/** The processor time of a process in seconds, in steps of about 10 ms; NaN where there is no /proc. */
export function cpuSeconds(pid: number): number {
  const stat = readProc(pid, "stat");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  ticksPerSecond ??= Number(execFileSync("getconf", ["CLK_TCK"]));
  return (Number(fields[UTIME]) + Number(fields[STIME])) / ticksPerSecond;
}

/** The resident memory of a process in MB; NaN where there is no /proc. */
export function residentMb(pid: number): number {
  const kib = /^VmRSS:\s+(\d+)/m.exec(readProc(pid, "status"))?.[1];
  return (Number(kib ?? Number.NaN) * BYTES_PER_KIB) / BYTES_PER_MB;
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
