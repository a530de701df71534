// Runs one process for each instance, and stops processes with everything that they have started.
import { setTimeout as delay } from "node:timers/promises";
import type { Child } from "./child";
import type { Instance } from "./plan";

/** Called when a process exits by itself, with its exit code and how long it ran, in milliseconds. */
export type OnExit = (code: number, ranMs: number) => void;

export interface Supervisor {
  /** Whether the instance has a process, even one that has exited, or is about to be restarted. */
  has(name: string): boolean;
  /** Starts the instance. `onExit` is not called for a process that is stopped. */
  start(instance: Instance, onExit: OnExit): Child;
  /** Stops what an exited instance left behind, and starts it after `ms`, unless it is started or stopped before. */
  restartIn(instance: Instance, ms: number, onExit: OnExit): Promise<void>;
  /**
   * Stops these instances, and what they left behind. Resolves once nothing is left of them, nor of those that are stopping
   * already, to whether all exited before they had to be killed.
   */
  stop(names: string[]): Promise<boolean>;
  /** Stops all instances. */
  stopAll(): Promise<boolean>;
}

/**
 * @param force Resolves when processes that are stopping must be killed at once.
 * @param withdraw Resolves once these instances can be stopped without losing a request.
 */
export function createSupervisor(
  spawn: (instance: Instance) => Child,
  force: Promise<void>,
  withdraw: (names: string[]) => Promise<void> = () => Promise.resolve(),
): Supervisor {
  const children = new Map<string, Child>();
  /** By name, the latest scheduled restart. */
  const scheduled = new Map<string, object>();
  const stopping = new Set<Promise<boolean>>();

  function start(instance: Instance, onExit: OnExit): Child {
    const { name } = instance;
    const startedAt = performance.now();
    const child = spawn(instance);
    scheduled.delete(name);
    children.set(name, child);
    void child.exited.then((code) => {
      if (children.get(name) === child) onExit(code, performance.now() - startedAt);
    });
    return child;
  }

  async function restartIn(instance: Instance, ms: number, onExit: OnExit): Promise<void> {
    const { name } = instance;
    const stopped = stop([name]);
    const restart = {};
    scheduled.set(name, restart);
    await Promise.all([stopped, delay(ms)]);
    if (scheduled.get(name) === restart) start(instance, onExit);
  }

  async function stop(names: string[]): Promise<boolean> {
    const taken = names.flatMap((name) => children.get(name) ?? []);
    for (const name of names) {
      children.delete(name);
      scheduled.delete(name);
    }
    const stopped = withdraw(names).then(() => stopChildren(taken, force));
    stopping.add(stopped);
    await Promise.all(stopping);
    stopping.delete(stopped);
    return stopped;
  }

  return {
    has: (name) => children.has(name) || scheduled.has(name),
    start,
    restartIn,
    stop,
    stopAll: () => stop([...children.keys(), ...scheduled.keys()]),
  };
}

/** The first restart comes soon: the process may only have met a port that was not free yet. */
const FIRST_RESTART_MS = 100;
const MAX_RESTART_MS = 5000;
/** A process that ran this long started well, so its exit begins a new series. */
const RAN_WELL_MS = 10_000;

/**
 * Returns a function that gives the delay before an instance is restarted, in milliseconds. It doubles from 0.1 s to 5 s while the
 * instance exits soon after each start.
 */
export function createRestartBackoff(): (name: string, ranMs: number) => number {
  const last = new Map<string, number>();
  return (name, ranMs) => {
    const before = ranMs < RAN_WELL_MS ? last.get(name) : undefined;
    const ms = before === undefined ? FIRST_RESTART_MS : Math.min(before * 2, MAX_RESTART_MS);
    last.set(name, ms);
    return ms;
  };
}

/** Time between SIGTERM and SIGKILL, as in Heroku's local runner and others. */
const GRACE_MS = 5000;
/** Time after SIGKILL for the processes to be gone, and for their last output to arrive. */
const AFTER_KILL_MS = 1000;
const POLL_MS = 20;

/**
 * Signals process groups, not processes: a child of a process must not stay behind with its port. Resolves once nothing is left,
 * to whether all exited in time.
 * @param force Ends the grace period early.
 */
export async function stopChildren(children: Child[], force: Promise<void>): Promise<boolean> {
  const signalAll = (name: NodeJS.Signals) => children.forEach((child) => child.signal(name));
  signalAll("SIGTERM");
  await Promise.race([allGone(children, GRACE_MS), force]);
  const areGone = children.every((child) => !child.isAlive());
  signalAll("SIGKILL");
  await allGone(children, AFTER_KILL_MS);
  await Promise.race([Promise.all(children.map(({ finished }) => finished)), delay(AFTER_KILL_MS)]);
  return areGone;
}

/** Polls, as only the leader of a process group reports its exit. */
async function allGone(children: Child[], timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (children.some((child) => child.isAlive()) && performance.now() < deadline) {
    await delay(POLL_MS);
  }
}
