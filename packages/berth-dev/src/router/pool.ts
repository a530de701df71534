// The instances of one process type, in turn; requests wait here while none is ready.
import { createInstance, type Instance } from "./instance";

export interface Pool {
  /** The process type. */
  readonly type: string;
  readonly instances: readonly Instance[];
  /** The instance whose turn it is of those that are ready. */
  next(): Instance | undefined;
  /**
   * Calls back with an instance once one is ready, or with none after `ms`, or when the pool closes.
   * @returns What ends the wait without a call.
   */
  wait(ms: number, onEnd: (instance: Instance | undefined) => void): () => void;
  /** Lets nobody wait any more; those who do get none. */
  stopWaiting(): void;
  close(): void;
}

/** Where an instance listens on this machine. */
export interface Target {
  /** As in the output: `web.1`. */
  name: string;
  port: number;
}

export function createPool(type: string, targets: readonly Target[]): Pool {
  const waiting = new Set<() => void>();
  const wakeAll = (): void => [...waiting].forEach((wake) => wake());
  const instances = targets.map(({ name, port }) => createInstance(name, port, wakeAll));
  let turn = 0;
  let isStopping = false;

  function next(): Instance | undefined {
    for (let tried = 0; tried < instances.length; tried++) {
      const instance = instances[turn];
      turn = (turn + 1) % instances.length;
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
