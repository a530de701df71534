// How many processes serve one port.
import { availableParallelism, totalmem } from "node:os";
import * as v from "valibot";
import { readCgroupLimits } from "./cgroup";
import { integer } from "./environment";

/** The memory that a worker is given, in bytes: twice what one takes under load, for the owner's own. */
const WORKER_BYTES = 256 * 1024 * 1024;

const MOST = 512;

/** A number of processes, or `auto`. */
export const concurrency = v.pipe(
  v.union([v.literal("auto"), integer(1, MOST)]),
  v.description(`a whole number from 1 to ${MOST} (processes), or auto`),
);

/** What a machine gives to a process. */
export interface Allowance {
  cpus: number;
  memoryBytes: number;
}

/** What this process may use: of the machine, and of its control groups. */
export function readAllowance(): Allowance {
  const { cpus = Infinity, memoryBytes = Infinity } = readCgroupLimits();
  return {
    cpus: Math.min(availableParallelism(), cpus),
    memoryBytes: Math.min(totalmem(), memoryBytes),
  };
}

/** As many as there are whole processors, and as there is memory for; at least one. */
export const fittingWorkers = ({ cpus, memoryBytes }: Allowance): number =>
  Math.max(1, Math.min(Math.floor(cpus), Math.floor(memoryBytes / WORKER_BYTES)));
