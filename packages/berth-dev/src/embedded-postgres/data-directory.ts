// Opens the database that the embedded PostgreSQL serves, in a directory or in memory.
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { isLockFile } from "./data-directory-lock";
import { loadPGlite, type PGlite } from "./pglite";
import { readTemplate, unpackTemplate } from "./template";

/**
 * Opens the database in `dataDir`, and creates it if there is none. Without `dataDir`, creates a new one in memory.
 * @param snapshot A file with the initial content of a database in memory.
 * @throws Error when `dataDir` contains something else, or the data of another PostgreSQL version.
 */
export async function openDatabase(
  dataDir: string | undefined,
  snapshot?: string,
): Promise<PGlite> {
  const PGlite = await loadPGlite();
  if (dataDir === undefined) {
    const tar = snapshot ? await readFile(snapshot) : await readTemplate();
    return PGlite.create({ loadDataDir: new Blob([tar]), startParams: startParams(PGlite) });
  }
  if (!existsSync(join(dataDir, "PG_VERSION"))) await createDatabase(dataDir);
  // PostgreSQL requires this; an earlier version of this package did not set it.
  await chmod(dataDir, 0o700);
  try {
    return await PGlite.create(dataDir, { startParams: startParams(PGlite) });
  } catch (err) {
    throw new Error(
      `cannot open ${dataDir}: remove it to start with an empty database, or set DATA_DIR to another directory`,
      { cause: err },
    );
  }
}

/** PGlite's own parameters, with less than PostgreSQL's default of 128 MB, which is allocated and written at each start. */
const startParams = ({ defaultStartParams }: { defaultStartParams: string[] }): string[] => [
  ...defaultStartParams,
  "-c",
  "shared_buffers=32MB",
];

const UNFINISHED = "unfinished";

/**
 * Creates the database in a subfolder and then moves its files into place, PG_VERSION last, so that a kill half-way leaves no
 * incomplete database. The directory already exists, with its lock.
 */
async function createDatabase(dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const present = (await readdir(dataDir)).filter((name) => !isLockFile(name));
  if (present.length > 0 && !present.includes(UNFINISHED)) {
    throw new Error(
      `${dataDir} contains files that are not a database: set DATA_DIR to another directory`,
    );
  }
  // The subfolder was created in an empty directory, so the files beside it are from it. It is removed last, as the evidence.
  const leftovers = present.sort((name) => (name === UNFINISHED ? 1 : -1));
  for (const name of leftovers) await rm(join(dataDir, name), { recursive: true });
  const unfinished = join(dataDir, UNFINISHED);
  await unpackTemplate(unfinished);
  const names = (await readdir(unfinished)).filter((name) => name !== "PG_VERSION");
  for (const name of [...names, "PG_VERSION"]) {
    await rename(join(unfinished, name), join(dataDir, name));
  }
  await rm(unfinished, { recursive: true });
}
