// The instances of one process type: round robin between those that are ready, and a queue of requests while none is.
import { createInstance, type Instance } from "./instance";

export interface Pool {
  /** The process type. */
  readonly type: string;
  readonly instances: readonly Instance[];
  /** The next ready instance, if there is one. */
  next(): Instance | undefined;
  /**
   * Calls back with an instance once one is ready; with undefined after `ms`, or once `stopWaiting` is called.
   * @returns A function that cancels the wait.
   */
  wait(ms: number, onEnd: (instance: Instance | undefined) => void): () => void;
  /** Ends all waits, now and later, without an instance. */
  stopWaiting(): void;
  close(): void;
}

/** The port of an instance on this machine. */
export interface Target {
  /** As in the output: `web.1`. */
  name: string;
  port: number;
}

export function createPool(type: string, targets: readonly Target[]): Pool {
  const waiting = new Set<() => void>();
  const wakeAll = (): void => [...waiting].forEach((wake) => wake());
  const instances = targets.map(({ name, port }) => createInstance(name, port, wakeAll));
  let nextIndex = 0;
  let isStopping = false;

  function next(): Instance | undefined {
    for (let tried = 0; tried < instances.length; tried++) {
      const instance = instances[nextIndex];
      nextIndex = (nextIndex + 1) % instances.length;
      if (instance?.isReady()) return instance;
    }
    return undefined;
  }

  return {
    type,
    instances,
    next,
    wait(ms, onEnd) {
      const cancel = (): void => {
        clearTimeout(timer);
        waiting.delete(end);
      };
      const end = (): void => {
        cancel();
        onEnd(next());
      };
      const timer = setTimeout(end, isStopping ? 0 : ms);
      waiting.add(end);
      return cancel;
    },
    stopWaiting() {
      isStopping = true;
      wakeAll();
    },
    close: () => instances.forEach((instance) => instance.close()),
  };
}
