// Ends processes with all that they have started, by force when asking is not enough.
import { setTimeout as delay } from "node:timers/promises";
import type { Child } from "./child";

/** Time to stop after SIGTERM before SIGKILL, as Heroku's local runner and others give. */
const GRACE_MS = 5000;
/** Time for what SIGKILL has ended to be gone, and for its last output to arrive. */
const AFTERMATH_MS = 1000;
const POLL_MS = 20;

/**
 * Signals groups, not processes: what a process has started must not stay behind with its port. Resolves once nothing
 * is left, to whether all ended in time.
 * @param force Ends the grace before its time.
 */
export async function stopAll(children: Child[], force: Promise<void>): Promise<boolean> {
  const signalAll = (name: NodeJS.Signals) => children.forEach((child) => child.signal(name));
  signalAll("SIGTERM");
  await Promise.race([allGone(children, GRACE_MS), force]);
  const areGone = children.every((child) => !child.isAlive());
  signalAll("SIGKILL");
  await allGone(children, AFTERMATH_MS);
  await Promise.race([Promise.all(children.map(({ finished }) => finished)), delay(AFTERMATH_MS)]);
  return areGone;
}

/** Only the leader of a group reports its end, so the others have to be looked for. */
async function allGone(children: Child[], timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (children.some((child) => child.isAlive()) && performance.now() < deadline) {
    await delay(POLL_MS);
  }
}
