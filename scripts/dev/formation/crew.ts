// Who runs: the process of each instance, from its start until somebody stops it.
import type { Child } from "./child";
import type { Instance } from "./plan";
import { stopAll } from "./stop";

/** Hears of a process that has ended of itself: its exit code. */
export type OnEnd = (code: number) => void;

export interface Crew {
  /** Whether the instance has a process, which may have ended of itself. */
  has(name: string): boolean;
  /** Starts the instance; `onEnd` is not called for a process that somebody stops. */
  start(instance: Instance, onEnd: OnEnd): Child;
  /**
   * Stops these instances, and what they have left behind. Resolves to whether all ended before they had to be killed, once nothing
   * is left of them, nor of any that are being stopped already.
   */
  stop(names: string[]): Promise<boolean>;
  /** Stops everything. */
  stopAll(): Promise<boolean>;
}

/** @param force Resolves when what is being stopped is to be killed at once. */
export function createCrew(spawn: (instance: Instance) => Child, force: Promise<void>): Crew {
  const children = new Map<string, Child>();
  const stopping = new Set<Promise<boolean>>();

  function start(instance: Instance, onEnd: OnEnd): Child {
    const { name } = instance;
    const child = spawn(instance);
    children.set(name, child);
    void child.exited.then((code) => {
      if (children.get(name) === child) onEnd(code);
    });
    return child;
  }

  async function stop(names: string[]): Promise<boolean> {
    const taken = names.flatMap((name) => children.get(name) ?? []);
    for (const name of names) children.delete(name);
    const stopped = stopAll(taken, force);
    stopping.add(stopped);
    await Promise.all(stopping);
    stopping.delete(stopped);
    return stopped;
  }

  return {
    has: (name) => children.has(name),
    start,
    stop,
    stopAll: () => stop([...children.keys()]),
  };
}
