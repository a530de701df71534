// An empty database as a tar file in this package. Unpacking it takes a tenth of the time of initdb.
import { existsSync, readFileSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, brotliDecompress, constants } from "node:zlib";
import { loadPGlite } from "./pglite";

/** Resolves to an empty data directory as a tar file. */
export async function readTemplate(): Promise<Blob> {
  const file = templateFile();
  if (!existsSync(file)) return createTemplate();
  return new Blob([new Uint8Array(await promisify(brotliDecompress)(await readFile(file)))]);
}

/** Writes the file that `readTemplate` reads, if it does not exist. Called when this package is built. */
export async function packTemplate(): Promise<void> {
  const file = templateFile();
  if (existsSync(file)) return;
  const tar = Buffer.from(await (await createTemplate()).arrayBuffer());
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
  const unfinished = `${file}.${process.pid}`;
  await writeFile(unfinished, await promisify(brotliCompress)(tar, { params }));
  await rename(unfinished, file);
}

/** The name contains PGlite's version, so that data of another version is never unpacked. */
function templateFile(): string {
  const packageDir = join(dirname(require.resolve("@electric-sql/pglite")), "..");
  const { version } = JSON.parse(readFileSync(join(packageDir, "package.json"), "utf8")) as {
    version: string;
  };
  return join(__dirname, "../../dist", `empty-database-${version}.tar.br`);
}

async function createTemplate(): Promise<Blob> {
  const database = await (await loadPGlite()).create("memory://");
  const template = await database.dumpDataDir("none");
  await database.close();
  return template;
}
