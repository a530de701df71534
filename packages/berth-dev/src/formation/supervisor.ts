// Runs one process for each instance, and stops processes with everything that they have started.
import { setTimeout as delay } from "node:timers/promises";
import type { Child } from "./child";
import type { Instance } from "./plan";

/** Called when a process exits by itself, with its exit code and how long it ran, in milliseconds. */
export type OnExit = (code: number, ranMs: number) => void;

export interface Supervisor {
  /** Whether the instance has been started and not stopped, even if its process has exited, or is about to be restarted. */
  has(name: string): boolean;
  /** Starts the instance. `onExit` is not called for a process that is stopped. */
  start(instance: Instance, onExit: OnExit): Child;
  /** Stops the processes that an exited instance left behind, and starts it after `ms`, unless it is started or stopped before. */
  restartIn(instance: Instance, ms: number, onExit: OnExit): Promise<void>;
  /**
   * Stops these instances, with all processes that they started, and waits for those that are already stopping. Resolves to false
   * if any of them had to be killed.
   */
  stop(names: string[]): Promise<boolean>;
  /** Stops all instances; those that others wait for, such as a database, after the others have exited. */
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
  /** The names of instances that others wait for. */
  const awaitedNames = new Set<string>();

  function start(instance: Instance, onExit: OnExit): Child {
    const { name, awaited } = instance;
    if (awaited === "port") awaitedNames.add(name);
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
    const stoppedChildren = names.flatMap((name) => children.get(name) ?? []);
    for (const name of names) {
      children.delete(name);
      scheduled.delete(name);
    }
    const stopped = withdraw(names).then(() => stopChildren(stoppedChildren, force));
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
    async stopAll() {
      const names = [...children.keys(), ...scheduled.keys()];
      const areGone = await stop(names.filter((name) => !awaitedNames.has(name)));
      return (await stop(names.filter((name) => awaitedNames.has(name)))) && areGone;
    },
  };
}

/** Short, because the port may only not have been free yet. */
const FIRST_RESTART_MS = 100;
const MAX_RESTART_MS = 5000;
/** After a process has run for this time, the backoff starts again. */
const RESET_AFTER_MS = 10_000;

/** Returns a function that gives an instance's restart delay, in milliseconds: exponential backoff from 0.1 s to 5 s. */
export function createRestartBackoff(): (name: string, ranMs: number) => number {
  const last = new Map<string, number>();
  return (name, ranMs) => {
    const before = ranMs < RESET_AFTER_MS ? last.get(name) : undefined;
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
 * Sends SIGTERM, then SIGKILL after the grace period, to process groups: a child of a process must not keep its port. Resolves once
 * all are gone, to whether all exited in time.
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

/** Polls, because only the leader of a process group reports its exit. */
async function allGone(children: Child[], timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (children.some((child) => child.isAlive()) && performance.now() < deadline) {
    await delay(POLL_MS);
  }
}
