// Loads PGlite, with the baseline WebAssembly compiler only.
import { setFlagsFromString } from "node:v8";

/**
 * Optimizing PostgreSQL takes V8 longer than it saves, even for a query over 300,000 rows: without it, a start and 2,000 queries take
 * 60 % of the processor time. The ES module is loaded because the CommonJS build treats its own path as a URL, and finds no
 * files in a folder such as `C#` or `100%`.
 */
export async function loadPGlite() {
  setFlagsFromString("--liftoff-only");
  return (await import("@electric-sql/pglite")).PGlite;
}

export type PGlite = InstanceType<Awaited<ReturnType<typeof loadPGlite>>>;
