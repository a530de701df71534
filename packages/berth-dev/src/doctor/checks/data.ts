// Checks whether `npm run dev` can open the development database's directory.
import { accessSync, constants, readdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { isLockFile, lockOwner } from "../../embedded-postgres/data-directory-lock";
import { readTar } from "../../embedded-postgres/tar";
import { readTemplate } from "../../embedded-postgres/template";
import type { Finding } from "../check";
import type { Context } from "../context";
import { dataDirectory, otherDatabase } from "../database";

const OTHER = "set DATA_DIR to another directory";

export async function checkData(context: Context): Promise<Finding[]> {
  const folder = dataDirectory(context);
  if (folder === undefined || otherDatabase(context) !== undefined) return [];
  const unwritable = whyNotWritable(folder);
  if (unwritable === "ENOENT") return [];
  if (unwritable !== undefined) {
    const cure = `sudo chown -R "$(id -u):$(id -g)" ${folder}`;
    return [{ level: "error", message: `${folder} cannot be written (${unwritable})`, cure }];
  }
  const owner = await lockOwner(folder);
  const isRunning = ((await context.formation())?.running.length ?? 0) > 0;
  // This process holds the lock while it reads the migrations.
  const isFree = owner === undefined || owner === process.pid;
  if (!isFree) return isRunning ? [] : [inUse(folder, owner)];
  const names = readdirSync(folder).filter((name) => !isLockFile(name));
  if (names.includes("PG_VERSION")) return judgeVersion(folder);
  // A killed process leaves its unfinished work in this folder; the next start removes it.
  if (names.length === 0 || names.includes("unfinished")) return [];
  const message = `${folder} has files, such as ${names[0]}, but is not a database`;
  return [{ level: "error", message, cure: `Move them elsewhere, or ${OTHER}` }];
}

const inUse = (folder: string, owner: number): Finding => ({
  level: "error",
  message: `${folder} is in use by process ${owner}, and npm run dev does not run here`,
  cure: `kill ${owner}, or ${OTHER}`,
});

function whyNotWritable(folder: string): string | undefined {
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return undefined;
  } catch (err) {
    return (err as NodeJS.ErrnoException).code;
  }
}

const CONTROL_FILE = "global/pg_control";
/** The versions of the control file and of the catalogues, after the system's identifier. */
const VERSIONS = { start: 8, end: 16 } as const;

/** Compares the versions in the directory with those of an empty database of the installed PGlite. */
async function judgeVersion(folder: string): Promise<Finding[]> {
  const present = await readStart(join(folder, CONTROL_FILE), VERSIONS.end);
  for (const [name, content] of readTar(await readTemplate())) {
    if (!name.endsWith(CONTROL_FILE) || content === undefined) continue;
    const versionOf = (bytes: Buffer) => bytes.toString("hex", VERSIONS.start, VERSIONS.end);
    if (versionOf(content) === versionOf(present)) return [];
    return [
      {
        level: "error",
        message: `the data in ${folder} is from another version of PostgreSQL than the installed PGlite's`,
        cure: `Remove it to start with an empty database, or ${OTHER}`,
      },
    ];
  }
  return [];
}

async function readStart(file: string, length: number): Promise<Buffer> {
  const handle = await open(file);
  try {
    return (await handle.read(Buffer.alloc(length), 0, length, 0)).buffer;
  } finally {
    await handle.close();
  }
}
