// Random pauses of clients, so that they do not run in lockstep.

/** A random pause with this mean, in milliseconds. */
export const jittered = (meanMs: number): number => meanMs * (0.5 + Math.random());
