/** The command line is wrong: the message is printed without a stack, and the exit code is 2. */
export class UsageError extends Error {}
