// The kind of error that is the caller's: shown as its message, without a stack, and with exit code 2.

/** Says what is wrong with how the kit was called. */
export class UsageError extends Error {}
