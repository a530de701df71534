// Stopping a run as a platform does: a signal, then waiting until nothing of it is left.
import type { ProcessEntry } from "./process-tree";
import type { Exit, Run } from "./run";
import { until, within } from "./wait";

/** How a run ended after a signal. */
export interface Ending {
  /** Missing when the leader was still alive at the limit. */
  readonly exit?: Exit;
  /** From the signal until the whole run was gone, or the limit. */
  readonly afterMs: number;
  /** What was still alive at the limit. */
  readonly left: readonly ProcessEntry[];
}

/** Sends one signal and waits for the end of every process of the run, at most `limitMs`. */
export async function stop(
  run: Run,
  limitMs: number,
  signal: NodeJS.Signals = "SIGTERM",
  to: "group" | "leader" = "group",
): Promise<Ending> {
  run.signal(signal, to);
  return ended(run, limitMs);
}

/** Waits for the end of every process of the run, at most `limitMs`, which begin now. */
export async function ended(run: Run, limitMs: number): Promise<Ending> {
  const from = performance.now();
  await within(run.exited, limitMs);
  const leftMs = limitMs - (performance.now() - from);
  await until(() => run.processes().length === 0, leftMs, 100);
  const left = run.processes();
  return { exit: run.exit(), afterMs: performance.now() - from, left };
}

/** Whether everything was gone by the limit. */
export function isGone({ exit, left }: Ending): boolean {
  return exit !== undefined && left.length === 0;
}
