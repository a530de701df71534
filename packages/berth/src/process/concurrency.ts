// Determines how many worker processes serve a port.
import { availableParallelism, totalmem } from "node:os";
import * as v from "valibot";
import { readCgroupLimits } from "./cgroup";
import { integer } from "./environment";

/** The memory budget of a worker, in bytes: twice what Berth itself takes under load, to leave room for the owner's code. */
const WORKER_BYTES = 256 * 1024 * 1024;

const MOST = 512;

/** The schema of a number of processes, or `auto`. */
export const concurrency = v.pipe(
  v.union([v.literal("auto"), integer(1, MOST)]),
  v.description(`a whole number from 1 to ${MOST} (processes), or auto`),
);

/** The resources that a process may use. */
export interface Allowance {
  cpus: number;
  memoryBytes: number;
}

/** Reads what this process may use: the machine's resources, limited by its control groups. */
export function readAllowance(): Allowance {
  const { cpus = Infinity, memoryBytes = Infinity } = readCgroupLimits();
  return {
    cpus: Math.min(availableParallelism(), cpus),
    memoryBytes: Math.min(totalmem(), memoryBytes),
  };
}

/** One worker per whole CPU, as far as memory allows; at least one. */
export const fittingWorkers = ({ cpus, memoryBytes }: Allowance): number =>
  Math.max(1, Math.min(Math.floor(cpus), Math.floor(memoryBytes / WORKER_BYTES)));
