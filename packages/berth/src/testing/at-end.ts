// What a test file has started ends with it, the last first, also when its set-up has failed half-way.
const ends: (() => Promise<unknown>)[] = [];

globalThis.afterAll?.(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** Has `end` called after the last test of the file. */
export const atEnd = (end: () => Promise<unknown>): void => void ends.push(end);
