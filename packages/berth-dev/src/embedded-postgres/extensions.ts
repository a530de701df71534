// Installs the extensions that come with PGlite, and those of its other packages, when a client first mentions one.
import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { splitMessages, withErrorMessage } from "./messages";
import type { PGlite } from "./pglite";
import { readTar } from "./tar";

/** The extensions of one database. */
export interface Extensions {
  /**
   * Installs them if the unit mentions any; to be called before it is run, as its transaction could not be repeated.
   * @returns Whether it does.
   */
  prepare(unit: Buffer): Promise<boolean>;
  /** Returns the response to such a unit, with the cure if it says that an extension is not available. */
  explain(response: Buffer): Buffer;
}

/** Where PostgreSQL is installed, in the file system that PGlite has in memory. */
const INSTALLATION = "/pglite";

/**
 * All are installed at once, which takes 60 ms of processor time and 10 MB. As options of a new PGlite, the documented way, they
 * would take that at each start. PostgreSQL itself loads their libraries when they are used.
 */
export async function createExtensions(database: PGlite): Promise<Extensions> {
  let installed: Promise<void> | undefined;
  const names: string[] = [];

  async function install(): Promise<void> {
    for (const path of findArchives(process.cwd())) {
      const archive = await promisify(gunzip)(await readFile(path));
      for (const [name, content] of readTar(archive)) {
        if (content === undefined) continue;
        database.copyToFS(`${INSTALLATION}/${name}`, content);
        const extension = /([^/]+)\.control$/.exec(name)?.[1];
        if (extension !== undefined) names.push(extension);
      }
    }
    names.sort();
  }

  const used = await database.query("SELECT FROM pg_extension WHERE extname <> 'plpgsql'");
  if (used.rows.length > 0) await (installed = install());

  return {
    async prepare(unit) {
      if (!mentionsExtension(unit)) return false;
      await (installed ??= install());
      return true;
    },
    explain: (response) =>
      withErrorMessage(response, (message) => {
        const name = /^extension "(.*)" is not available$/.exec(message)?.[1];
        return name === undefined ? message : describeMissing(name, names);
      }),
  };
}

/** Also in `pg_available_extensions`. Statements are in Query and Parse; values are not looked at. */
const mentionsExtension = (unit: Buffer): boolean =>
  splitMessages(unit).some(
    (message) =>
      /^[QP]/.test(String.fromCharCode(message[0] ?? 0)) &&
      EXTENSION.test(message.toString("latin1")),
  );

const EXTENSION = /\bextension|_extension/i;

const PGVECTOR = "@electric-sql/pglite-pgvector";

function describeMissing(name: string, names: readonly string[]): string {
  const others = `the embedded PostgreSQL has ${names.join(", ")}`;
  const install = name === "vector" ? `npm install --save-dev ${PGVECTOR}, and restart; or ` : "";
  return (
    `extension "${name}" is not available: ${install}set DEV_DATABASE_URL=postgres://user@host/database in .env, ` +
    `to a PostgreSQL server that has it (TEST_DATABASE_URL for tests); ${others}`
  );
}

/**
 * The archives of PGlite, and of packages such as pglite-pgvector that a service has installed.
 * @internal
 */
export function findArchives(service: string): string[] {
  const folders = [dirname(require.resolve("@electric-sql/pglite"))];
  for (const modules of createRequire(join(service, "package.json")).resolve.paths("x") ?? []) {
    const scope = join(modules, "@electric-sql");
    const packages = existsSync(scope) ? readdirSync(scope) : [];
    folders.push(
      ...packages
        .filter((name) => name.startsWith("pglite-"))
        .map((name) => join(scope, name, "dist"))
        .filter((folder) => existsSync(folder)),
    );
  }
  return folders.flatMap((folder) =>
    readdirSync(folder).flatMap((name) => (name.endsWith(".tar.gz") ? join(folder, name) : [])),
  );
}
