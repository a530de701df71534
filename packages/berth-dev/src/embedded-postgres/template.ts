// Keeps an empty database as a tar file: unpacking it takes a quarter of the time that initdb takes.
import { readFileSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { loadPGlite } from "./pglite";

/** Resolves to an empty data directory, made by initdb the first time and read from node_modules/.cache later. */
export async function readTemplate(): Promise<Blob> {
  const file = templateFile();
  try {
    return new Blob([await readFile(file)]);
  } catch {
    const template = await createTemplate();
    // A cache that cannot be written costs seconds, not the database.
    await keepTemplate(file, template).catch(() => {});
    return template;
  }
}

/** The name holds PGlite's version, and `npm ci` removes the file: no data of another version is ever unpacked. */
function templateFile(): string {
  const packageDir = join(dirname(require.resolve("@electric-sql/pglite")), "..");
  const { version } = JSON.parse(readFileSync(join(packageDir, "package.json"), "utf8")) as {
    version: string;
  };
  return join(packageDir, "../../.cache/embedded-postgres", `pglite-${version}.tar`);
}

async function createTemplate(): Promise<Blob> {
  const database = await (await loadPGlite()).create("memory://");
  const template = await database.dumpDataDir("none");
  await database.close();
  return template;
}

/** Renames a finished file in place, as other processes may read or make the template at the same time. */
async function keepTemplate(file: string, template: Blob): Promise<void> {
  const unfinished = `${file}.${process.pid}`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(unfinished, Buffer.from(await template.arrayBuffer()));
  await rename(unfinished, file);
}
