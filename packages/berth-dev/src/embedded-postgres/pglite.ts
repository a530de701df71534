// Loads PGlite as an ES module: the CommonJS build takes its own path for a URL, and finds no file below `C#` or `100%`.
export const loadPGlite = async () => (await import("@electric-sql/pglite")).PGlite;

export type PGlite = InstanceType<Awaited<ReturnType<typeof loadPGlite>>>;
