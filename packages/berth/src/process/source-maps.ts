// Names the TypeScript that a logged stack comes from; source maps are read when there is one, and not before.
import { existsSync, readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The place at the end of a frame, as in `at main (/app/dist/server.js:12:5)`. */
const PLACE = /((?:file:\/\/)?(?:\/|[A-Za-z]:\\)[^()\n]*\.[cm]?js):(\d+):(\d+)(?=\)?$)/gm;

/** By file; those without one, too. */
const maps = new Map<string, SourceMap | undefined>();

/**
 * Returns the stack with `src/….ts` and its lines wherever a compiled file has its map beside it; in `node_modules` only
 * where the source is there, too, as in this package.
 */
export function withSources(stack: string): string {
  return stack.replaceAll(PLACE, (place: string, name: string, line: string, column: string) => {
    const file = name.startsWith("file:") ? fileURLToPath(name) : name;
    const origin = mapOf(file)?.findOrigin(Number(line), Number(column));
    if (!origin || !("fileName" in origin)) return place;
    const source = resolve(dirname(file), origin.fileName);
    return `${source}:${origin.lineNumber}:${origin.columnNumber}`;
  });
}

function mapOf(file: string): SourceMap | undefined {
  if (!maps.has(file)) maps.set(file, readMap(file));
  return maps.get(file);
}

function readMap(file: string): SourceMap | undefined {
  try {
    const map = JSON.parse(readFileSync(`${file}.map`, "utf8")) as SourceMapPayload;
    // Many packages have maps of sources that they do not have.
    if (
      isInstalled(file) &&
      !map.sources.every((source) => existsSync(resolve(dirname(file), source)))
    )
      return undefined;
    return new SourceMap(map);
  } catch {
    // A stack with the compiled lines is better than none.
    return undefined;
  }
}

const isInstalled = (file: string): boolean => /[\\/]node_modules[\\/]/.test(file);
