// Every process that the benchmark starts, so that none outlives it.
import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { once } from "node:events";

const running = new Set<ChildProcess>();

let interrupted = false;

/** How long a child may take to end before it is killed, in milliseconds. */
const STOP_TIMEOUT_MS = 10_000;

/**
 * Starts a child as the leader of its own process group, which ends with the benchmark whatever happens.
 * @throws Error once the benchmark has been interrupted.
 */
export function start(
  [command = "", ...args]: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  if (interrupted) throw new Error("interrupted");
  const child = spawn(command, args, { ...options, detached: true });
  running.add(child);
  child.once("exit", () => running.delete(child));
  child.once("error", () => running.delete(child));
  return child;
}

/** Asks a child to end, and resolves once it has, in the end by force. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => killGroup(child), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}

/**
 * Makes sure of all children's end when this process ends; to be called once. A signal ends them at once: whoever waits
 * for one of them fails, and cleans up on the way out.
 */
export function reapOnExit(): void {
  process.on("exit", () => running.forEach(killGroup));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      interrupted = true;
      running.forEach(killGroup);
    });
  }
}

/** Whether a signal has asked the benchmark to end. */
export const isInterrupted = (): boolean => interrupted;

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (err) {
    // It has ended in the meantime.
    if ((err as NodeJS.ErrnoException).code !== "ESRCH") throw err;
  }
}
