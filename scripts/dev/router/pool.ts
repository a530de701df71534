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

/** @param ports Of the instances, in their order. */
export function createPool(type: string, ports: readonly number[]): Pool {
  const waiting = new Set<() => void>();
  const wakeAll = (): void => [...waiting].forEach((wake) => wake());
  const instances = ports.map((port, index) =>
    createInstance(`${type}.${index + 1}`, port, wakeAll),
  );
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
