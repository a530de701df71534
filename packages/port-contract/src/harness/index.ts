// Starts a program under test, sends it requests, observes it, and kills it with its whole process tree.
export { type Connection, connect } from "./connection";
export { exchange, headOf, readResponse, type Request, send } from "./http";
export type { Response } from "./http-response";
export { MissingResponse, NoConnection, NoResponse, WrongProtocol } from "./missing-response";
export type { Output } from "./output";
export { processTree, runMark } from "./process-tree";
export { isInterrupted, reapOnExit } from "./reaper";
export { type Argv, type Exit, type Run, type RunOptions, startRun } from "./run";
export { listens, startServer } from "./server";
export { stop } from "./stop";
export { until, within } from "./wait";
