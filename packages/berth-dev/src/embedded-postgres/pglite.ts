// Loads PGlite as an ES module: its CommonJS build uses its own path as a URL, and fails in a folder such as `C#` or `100%`.
export const loadPGlite = async () => (await import("@electric-sql/pglite")).PGlite;

export type PGlite = InstanceType<Awaited<ReturnType<typeof loadPGlite>>>;
