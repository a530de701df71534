// Determines how many worker processes serve a port.
import { availableParallelism, totalmem } from "node:os";
import * as v from "valibot";
import { readCgroupLimits } from "./cgroup";
import { integer } from "./environment";

/** The memory budget of a worker, in bytes: twice what Berth itself takes under load, to leave room for the owner's code. */
const WORKER_BYTES = 256 * 1024 * 1024;

const MAX_WORKERS = 512;

/** The schema of a number of processes, or `auto`. */
export const concurrency = v.pipe(
  v.union([v.literal("auto"), integer(1, MAX_WORKERS)]),
  v.description(`a whole number from 1 to ${MAX_WORKERS} (processes), or auto`),
);

/** How much a process may use. */
export interface ResourceLimits {
  cpus: number;
  memoryBytes: number;
}

/** Reads what this process may use: the machine's resources, limited by its cgroups. */
export function readResourceLimits(): ResourceLimits {
  const { cpus = Infinity, memoryBytes = Infinity } = readCgroupLimits();
  return {
    cpus: Math.min(availableParallelism(), cpus),
    memoryBytes: Math.min(totalmem(), memoryBytes),
  };
}

/** One worker per whole CPU, as far as memory allows; at least one. */
export const fittingWorkers = ({ cpus, memoryBytes }: ResourceLimits): number =>
  Math.max(1, Math.min(Math.floor(cpus), Math.floor(memoryBytes / WORKER_BYTES)));
