// Loads graphile-worker, an optional peer, which only workers and migrations need.
import type * as Library from "graphile-worker";

/** @throws Error with the cure when it is not installed. */
export function loadLibrary(): typeof Library {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it in every process
    return require("graphile-worker") as typeof Library;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw err;
    throw new Error("Jobs need graphile-worker: npm install graphile-worker@~0.17.3", {
      cause: err,
    });
  }
}
