// Serves the files of pages under names that contain a hash of their content, so that browsers cache them for a year.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";
import express, { type RequestHandler, Router } from "express";
import { Problem } from "../request/problem";

/** The options of assets. */
export interface AssetsOptions {
  /** The folder with the files, such as `join(__dirname, "public")`. Files whose name begins with a dot are omitted. */
  folder: string;
  /** The path at which they are served; `/assets` by default. */
  path?: string;
  /** Whether pages of other origins may load them, which browsers otherwise block; false by default. */
  isShared?: boolean;
}

/** The files of a folder. */
export interface Assets {
  /**
   * The path of a file: `asset("app.css")` is `/assets/app.3f2a9c81d04e.css`.
   * @throws Error when the folder has no such file.
   */
  asset: (name: string) => string;
  /** Serves them. Mount it at the app's root, before sessions. */
  serveAssets: RequestHandler;
}

/** Hexadecimal digits of the hash: 48 bits distinguish the versions of a file. */
const HASH_LENGTH = 12;
const YEAR_S = 31_536_000;

/** The second is for fonts, modules and scripts that read them. */
const SHARED = {
  "Cross-Origin-Resource-Policy": "cross-origin",
  "Access-Control-Allow-Origin": "*",
};

/**
 * Reads a folder's files, once: `npm run dev` restarts the process when one is saved.
 * @throws Error when there is no such folder.
 */
export function createAssets({
  folder,
  path = "/assets",
  isShared = false,
}: AssetsOptions): Assets {
  const files = readFiles(folder);
  /** The files' names, by their names with a hash. */
  const names = new Map(files.map(({ name, hashed }) => [hashed, name]));
  const hashes = new Map(files.map(({ name, hashed, hash }) => [name, { hashed, hash }]));
  const base = path.replace(/\/+$/, "");

  const serve = express.static(folder, {
    index: false,
    redirect: false,
    fallthrough: false,
    cacheControl: false,
    lastModified: false,
  });

  const router = Router();
  router.use(base, (req, res, next) => {
    const requested = decoded(req.path.slice(1));
    const name = names.get(requested) ?? requested;
    const file = hashes.get(name);
    if (!file) throw new Problem(404, "There is nothing at this path.");
    if (req.method !== "GET" && req.method !== "HEAD") {
      throw new Problem(405, "This path supports GET, HEAD.", {}, { Allow: "GET, HEAD" });
    }
    const isHashed = name !== requested;
    res.set(
      "Cache-Control",
      isHashed ? `public, max-age=${YEAR_S}, immutable` : "public, no-cache",
    );
    res.set("ETag", `"${file.hash}"`);
    if (isShared) res.set(SHARED);
    req.url = urlPath(name);
    serve(req, res, next);
  });
  return {
    asset(name) {
      const file = hashes.get(name);
      if (file) return base + urlPath(file.hashed);
      throw new Error(`There is no asset ${name} in ${folder}.`);
    },
    serveAssets: router,
  };
}

interface AssetFile {
  /** Its path in the folder, with slashes. */
  name: string;
  /** The same with its hash, before the extension: styles may name plain files beside them. */
  hashed: string;
  hash: string;
}

function readFiles(folder: string): AssetFile[] {
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).replaceAll(sep, "/"));
  } catch (err) {
    throw new Error(
      `createAssets cannot read the folder ${folder}; \`npm run build\` copies what is not TypeScript to dist.`,
      { cause: err },
    );
  }
  const isHidden = (name: string) => name.split("/").some((part) => part.startsWith("."));
  return names
    .filter((name) => !isHidden(name))
    .map((name) => {
      const content = readFileSync(join(folder, name));
      const hash = createHash("sha256").update(content).digest("hex").slice(0, HASH_LENGTH);
      const { dir, name: stem, ext } = posix.parse(name);
      return { name, hashed: posix.join(dir, `${stem}.${hash}${ext}`), hash };
    });
}

const urlPath = (name: string): string => `/${name.split("/").map(encodeURIComponent).join("/")}`;

/** A path without percent-encoding; none for one that is malformed. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return "";
  }
}
