// Gives connections the one PostgreSQL session in turns, first come first served.

export interface Turns {
  /** Resolves when all earlier turns are over; the caller ends its own turn by calling the result. */
  take(): Promise<() => void>;
  /** Whether anybody waits for the end of the present turn. */
  isWanted(): boolean;
}

/** Creates a queue of turns of its own. */
export function createTurns(): Turns {
  let last = Promise.resolve();
  let waiting = 0;
  const take = async () => {
    const previous = last;
    let endTurn = () => {};
    last = new Promise((resolve) => (endTurn = resolve));
    waiting += 1;
    await previous;
    waiting -= 1;
    return endTurn;
  };
  return { take, isWanted: () => waiting > 0 };
}
