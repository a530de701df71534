// Lets as many calls at a time be sent as there are connections: who waits for one in vain is known not to have been sent.

/** The right to use a connection. */
export interface Slots {
  /**
   * Waits for a slot, in line.
   * @param forMs For how long at most, in milliseconds.
   * @returns What gives it back, at once where one is free; undefined when there was none in time.
   */
  take(forMs: number): Slot | Promise<Slot>;
}

type Slot = (() => void) | undefined;

/** Creates so many slots. @param closing Aborted when nobody shall wait any more. */
export function createSlots(count: number, closing: AbortSignal): Slots {
  let left = count;
  const line = new Set<(isMine: boolean) => void>();
  closing.addEventListener("abort", () => {
    for (const goOn of line) goOn(false);
  });

  function giveBack(): void {
    const [first] = line;
    if (first) first(true);
    else left++;
  }

  return {
    take(forMs) {
      if (closing.aborted) return undefined;
      if (left > 0) {
        left--;
        return giveBack;
      }
      return new Promise((resolve) => {
        const goOn = (isMine: boolean): void => {
          clearTimeout(timer);
          line.delete(goOn);
          resolve(isMine ? giveBack : undefined);
        };
        const timer = setTimeout(goOn, forMs, false);
        line.add(goOn);
      });
    },
  };
}
