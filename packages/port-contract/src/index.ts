// The kit: its command, its clauses, and what tools around it share.
export { loadClauses, selectClauses } from "./catalogue";
export type { Clause, Level, Outcome } from "./clause";
export { type Command, commandFrom, procfileCommand } from "./command";
export { leaveEnvFileBehind } from "./own-folder";
export { probe as redis } from "./probes/redis";
export { probe as xmpp } from "./probes/xmpp";
export { createQueue } from "./queue";
export { type Prepared, runContract } from "./run";
export type { Settings } from "./settings";
export { UsageError } from "./usage-error";
export { lastWords, shortExit } from "./wording";
