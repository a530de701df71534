// The life of a formation: one-offs first, then all processes, until one ends or someone wants an end.
import { setTimeout as delay } from "node:timers/promises";
import type { Child } from "./child";
import type { Instance, Plan } from "./plan";
import type { StopRequests } from "./signals";

/** Time to stop after SIGTERM before SIGKILL, as Heroku's local runner and others give. */
const GRACE_MS = 5000;
/** Time for what SIGKILL has ended to be gone, and for its last output to arrive. */
const AFTERMATH_MS = 1000;
const POLL_MS = 20;

/** Runs the plan and resolves to the exit code once nothing is left of any process. */
export async function runFormation(
  { oneOffs, instances }: Plan,
  start: (instance: Instance) => Child,
  requests: StopRequests,
): Promise<number> {
  const children: Child[] = [];
  const launch = (instance: Instance) => {
    const child = start(instance);
    children.push(child);
    return child.exited;
  };
  try {
    for (const oneOff of oneOffs) {
      const code = await Promise.race([launch(oneOff), requests.stop]);
      if (code !== 0) return code;
    }
    return await Promise.race([...instances.map(launch), requests.stop]);
  } finally {
    await stopAll(children, requests.force);
  }
}

/** Signals groups, not processes: what a process has started must not stay behind with its port. */
async function stopAll(children: Child[], force: Promise<void>): Promise<void> {
  const signalAll = (name: NodeJS.Signals) => children.forEach((child) => child.signal(name));
  signalAll("SIGTERM");
  await Promise.race([allGone(children, GRACE_MS), force]);
  signalAll("SIGKILL");
  await allGone(children, AFTERMATH_MS);
  await Promise.race([Promise.all(children.map(({ finished }) => finished)), delay(AFTERMATH_MS)]);
}

/** Only the leader of a group reports its end, so the others have to be looked for. */
async function allGone(children: Child[], timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (children.some((child) => child.isAlive()) && performance.now() < deadline) {
    await delay(POLL_MS);
  }
}
