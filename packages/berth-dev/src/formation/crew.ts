// Who runs: the process of each instance, from its start until somebody stops it.
import { setTimeout as delay } from "node:timers/promises";
import type { Child } from "./child";
import type { Instance } from "./plan";
import { stopAll } from "./stop";

/** Hears of a process that has ended of itself: its exit code, and how long it ran, in milliseconds. */
export type OnEnd = (code: number, ranMs: number) => void;

export interface Crew {
  /** Whether the instance has a process, which may have ended of itself, or gets one soon. */
  has(name: string): boolean;
  /** Starts the instance; `onEnd` is not called for a process that somebody stops. */
  start(instance: Instance, onEnd: OnEnd): Child;
  /** Starts one that has ended after `ms`, without what it left behind, unless it is started or stopped before. */
  startAnew(instance: Instance, ms: number, onEnd: OnEnd): Promise<void>;
  /**
   * Stops these instances, and what they have left behind. Resolves to whether all ended before they had to be killed, once nothing
   * is left of them, nor of any that are being stopped already.
   */
  stop(names: string[]): Promise<boolean>;
  /** Stops everything. */
  stopAll(): Promise<boolean>;
}

/**
 * @param force Resolves when what is being stopped is to be killed at once.
 * @param leave Resolves once these instances can be stopped without a loss.
 */
export function createCrew(
  spawn: (instance: Instance) => Child,
  force: Promise<void>,
  leave: (names: string[]) => Promise<void> = () => Promise.resolve(),
): Crew {
  const children = new Map<string, Child>();
  /** By name, what tells the latest of those that are to be started from others. */
  const due = new Map<string, object>();
  const stopping = new Set<Promise<boolean>>();

  function start(instance: Instance, onEnd: OnEnd): Child {
    const { name } = instance;
    const startedAt = performance.now();
    const child = spawn(instance);
    due.delete(name);
    children.set(name, child);
    void child.exited.then((code) => {
      if (children.get(name) === child) onEnd(code, performance.now() - startedAt);
    });
    return child;
  }

  async function startAnew(instance: Instance, ms: number, onEnd: OnEnd): Promise<void> {
    const { name } = instance;
    const stopped = stop([name]);
    const turn = {};
    due.set(name, turn);
    await Promise.all([stopped, delay(ms)]);
    if (due.get(name) === turn) start(instance, onEnd);
  }

  async function stop(names: string[]): Promise<boolean> {
    const taken = names.flatMap((name) => children.get(name) ?? []);
    for (const name of names) {
      children.delete(name);
      due.delete(name);
    }
    const stopped = leave(names).then(() => stopAll(taken, force));
    stopping.add(stopped);
    await Promise.all(stopping);
    stopping.delete(stopped);
    return stopped;
  }

  return {
    has: (name) => children.has(name) || due.has(name),
    start,
    startAnew,
    stop,
    stopAll: () => stop([...children.keys(), ...due.keys()]),
  };
}
