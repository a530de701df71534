// Opens the database that the embedded PostgreSQL serves, in a directory or in memory.
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { readTemplate } from "./template";

/**
 * Opens the database in `dataDir`, creating it first when there is none; without `dataDir`, a new one in memory.
 * @throws Error when `dataDir` holds something else, or the data of another PostgreSQL version.
 */
export async function openDatabase(dataDir: string | undefined): Promise<PGlite> {
  if (dataDir === undefined) return PGlite.create({ loadDataDir: await readTemplate() });
  if (!existsSync(join(dataDir, "PG_VERSION"))) await createDataDirectory(dataDir);
  try {
    return await PGlite.create(dataDir);
  } catch (err) {
    throw new Error(
      `cannot open ${dataDir}: remove it to start with an empty database, or set DATA_DIR to another directory`,
      { cause: err },
    );
  }
}

/** Builds the directory aside and moves it in place when whole: a kill half-way leaves no half database. */
async function createDataDirectory(dataDir: string): Promise<void> {
  const unfinished = `${dataDir}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(dirname(dataDir), { recursive: true });
  const database = await PGlite.create(unfinished, { loadDataDir: await readTemplate() });
  await database.close();
  try {
    await rename(unfinished, dataDir);
  } catch (err) {
    await rm(unfinished, { recursive: true, force: true });
    throw new Error(
      `${dataDir} holds something other than a database: set DATA_DIR to another one`,
      {
        cause: err,
      },
    );
  }
}
