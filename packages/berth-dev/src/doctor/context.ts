// The context of the checks: the service's folder and environment, and facts that several checks need, determined once.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseState } from "./database";
import type { Formation } from "./formation";

/** The members of a service's package.json that are checked. */
export interface Manifest {
  name?: string;
  engines?: { node?: string };
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  /** Written by `init`; a clone of Berth has none. */
  berth?: { version: string };
}

export interface Context {
  /** The service's folder, which is also the working directory. */
  root: string;
  env: NodeJS.ProcessEnv;
  manifest: Manifest;
  /** What `npm run dev` would start, and whether it runs. Undefined without a valid Procfile.dev. */
  formation: () => Promise<Formation | undefined>;
  /** The state of the development database. Undefined if there is none yet, or it cannot be opened now. */
  database: () => Promise<DatabaseState | undefined>;
}

export function createContext(root: string, env: NodeJS.ProcessEnv, manifest: Manifest): Context {
  const context: Context = {
    root,
    env,
    manifest,
    formation: once(async () =>
      (await import("./formation.js")).readFormation(context).catch(() => undefined),
    ),
    database: once(async () => (await import("./database.js")).readDatabase(context)),
  };
  return context;
}

function once<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined;
  return () => (found ??= find());
}

/** The text of a file in the service's folder. Undefined if it does not exist, or is a folder. */
export function readText({ root }: Pick<Context, "root">, file: string): string | undefined {
  try {
    return readFileSync(join(root, file), "utf8");
  } catch (err) {
    const { code = "" } = err as NodeJS.ErrnoException;
    if (["ENOENT", "ENOTDIR", "EISDIR"].includes(code)) return undefined;
    throw err;
  }
}
