// Remembers where in the code a statement is run: its error arrives when that function has already returned.

/** The places of statements, by their texts. */
export interface StatementPlaces {
  /** Remembers the caller of `callee`, the first time that a statement is run. */
  remember: (text: string, callee: (...args: never[]) => unknown) => void;
  /** The lines of a stack with the place, innermost first; none if it is not known. */
  framesOf: (text: string) => readonly string[];
}

/**
 * Only this many texts are remembered, to bound memory: those of a service are constants, and few. A capture for each call,
 * instead of for each text, would cost a tenth of a statement's processor time.
 */
const MAX_TEXTS = 500;
const MAX_CHARACTERS = 10_000;

/** Frames of the service's own code. */
const OWN_FRAMES = /^ {4}at (?!.*(?:[\\/]node_modules[\\/]|\(node:|^ {4}at node:)).*$/gm;

/** More than one, as a store may run its statements by a function of its own. */
const MAX_FRAMES = 3;

/** Creates an empty store of places. */
export function createStatementPlaces(): StatementPlaces {
  const frames = new Map<string, readonly string[]>();
  return {
    remember(text, callee) {
      if (frames.has(text) || frames.size >= MAX_TEXTS || text.length > MAX_CHARACTERS) return;
      const holder: { stack?: string } = {};
      Error.captureStackTrace(holder, callee);
      frames.set(text, (holder.stack?.match(OWN_FRAMES) ?? []).slice(0, MAX_FRAMES));
    },
    framesOf: (text) => frames.get(text) ?? [],
  };
}
