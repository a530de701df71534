// The command, the clauses, and helpers for tools built on the kit.
export { loadClauses, selectClauses } from "./catalogue";
export type { Clause, Level, Outcome } from "./clause";
export { type Command, commandFrom, procfileCommand } from "./command";
export { hideEnvFile } from "./hide-env-file";
export { redis, xmpp } from "./probes";
export { createQueue } from "./queue";
export { type Prepared, runContract } from "./run";
export type { Settings } from "./settings";
export { UsageError } from "./args";
export { describeOutput, describeExit } from "./wording";
