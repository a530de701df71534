// Stops a run as a platform does: sends a signal, then waits until all of its processes are gone.
import type { ProcessEntry } from "./process-tree";
import type { Exit, Run } from "./run";
import { until, within } from "./wait";

/** How a run ended after a signal. */
export interface Ending {
  /** Missing when the leader was still alive at the limit. */
  readonly exit?: Exit;
  /** From the signal until all processes were gone, or the limit. */
  readonly afterMs: number;
  /** What was still alive at the limit. */
  readonly left: readonly ProcessEntry[];
}

/** Sends one signal and waits up to `limitMs` until all processes of the run are gone. */
export async function stop(
  run: Run,
  limitMs: number,
  signal: NodeJS.Signals = "SIGTERM",
  to: "group" | "leader" = "group",
): Promise<Ending> {
  run.signal(signal, to);
  return ended(run, limitMs);
}

/** Waits up to `limitMs` from now until all processes of the run are gone. */
export async function ended(run: Run, limitMs: number): Promise<Ending> {
  const from = performance.now();
  await within(run.exited, limitMs);
  const leftMs = limitMs - (performance.now() - from);
  await until(() => run.processes().length === 0, leftMs, 100);
  const left = run.processes();
  return { exit: run.exit(), afterMs: performance.now() - from, left };
}

/** Whether all processes were gone by the limit. */
export function isGone({ exit, left }: Ending): boolean {
  return exit !== undefined && left.length === 0;
}
