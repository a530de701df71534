// An empty database as a tar file in this package. Unpacking it takes a tenth of the time of initdb.
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, brotliDecompress, constants } from "node:zlib";
import { loadPGlite } from "./pglite";
import { readTar } from "./tar";

/** Far larger than Node's default, with which joining the chunks takes as long as unpacking them. */
const CHUNK_BYTES = 4 * 1024 * 1024;

/** Resolves to an empty data directory as a tar file. */
export async function readTemplate(): Promise<Buffer<ArrayBuffer>> {
  const file = templateFile();
  if (!existsSync(file)) return createTemplate();
  return promisify<Buffer, object, Buffer<ArrayBuffer>>(brotliDecompress)(await readFile(file), {
    chunkSize: CHUNK_BYTES,
  });
}

/**
 * Writes an empty database into a folder, which is created. Not by PGlite, whose file system takes a second of processor time for the
 * thousand files.
 */
export async function unpackTemplate(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  for (const [name, content] of readTar(await readTemplate())) {
    const target = join(folder, name);
    if (content === undefined) await mkdir(target, { recursive: true, mode: 0o700 });
    else await writeFile(target, content, { mode: 0o600 });
  }
}

/** Writes the file that `readTemplate` reads, if it does not exist. Called when this package is built. */
export async function packTemplate(): Promise<void> {
  const file = templateFile();
  if (existsSync(file)) return;
  const tar = await createTemplate();
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

async function createTemplate(): Promise<Buffer<ArrayBuffer>> {
  const database = await (await loadPGlite()).create("memory://");
  const template = await database.dumpDataDir("none");
  await database.close();
  return Buffer.from(await template.arrayBuffer());
}
