// The pauses of clients, which must not come into step with each other.

/** A random pause of that many milliseconds on average. */
export const jittered = (meanMs: number): number => meanMs * (0.5 + Math.random());
