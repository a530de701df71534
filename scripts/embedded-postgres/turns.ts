// Gives connections the one PostgreSQL session in turns, first come first served.

/** Resolves when all earlier turns are over; the caller ends its own turn by calling the result. */
export type TakeTurn = () => Promise<() => void>;

/** Creates a queue of turns of its own. */
export function createTurns(): TakeTurn {
  let last = Promise.resolve();
  return async () => {
    const previous = last;
    let endTurn = () => {};
    last = new Promise((resolve) => (endTurn = resolve));
    await previous;
    return endTurn;
  };
}
