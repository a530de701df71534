// Remembers where in the code a statement is run: its error arrives when that function has already returned.

/** The places of statements, by their texts. */
export interface StatementPlaces {
  /** Remembers the caller of `callee`, the first time that a statement is run. */
  remember: (text: string, callee: (...args: never[]) => unknown) => void;
  /** The line of a stack with the place, if it is known. */
  frameOf(text: string): string | undefined;
}

/**
 * Only this many texts are remembered, to bound memory: those of a service are constants, and few. A capture for each call,
 * instead of for each text, would cost a tenth of a statement's processor time.
 */
const MAX_TEXTS = 500;
const MAX_CHARACTERS = 10_000;

/** A frame of the service's own code. */
const OWN_FRAME = /^ {4}at (?!.*(?:[\\/]node_modules[\\/]|\(node:|^ {4}at node:)).*$/m;

/** Creates an empty store of places. */
export function createStatementPlaces(): StatementPlaces {
  const frames = new Map<string, string | undefined>();
  return {
    remember(text, callee) {
      if (frames.has(text) || frames.size >= MAX_TEXTS || text.length > MAX_CHARACTERS) return;
      const holder: { stack?: string } = {};
      Error.captureStackTrace(holder, callee);
      frames.set(text, OWN_FRAME.exec(holder.stack ?? "")?.[0]);
    },
    frameOf: (text) => frames.get(text),
  };
}
