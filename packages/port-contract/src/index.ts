// The command, the clauses, and helpers for tools built on the kit.
export { loadClauses, selectClauses } from "./catalogue";
export type { Clause, Level, Outcome } from "./clause";
export { type Command, commandFrom, procfileCommand } from "./command";
export { leaveEnvFileBehind } from "./own-folder";
export { redis, xmpp } from "./probes";
export { createQueue } from "./queue";
export { type Prepared, runContract } from "./run";
export type { Settings } from "./settings";
export { UsageError } from "./args";
export { lastWords, shortExit } from "./wording";
