// Maps logged stacks to TypeScript sources; source maps are read only when there is a stack.
import { existsSync, readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The location at the end of a frame, as in `at main (/app/dist/server.js:12:5)`. */
const PLACE = /((?:file:\/\/)?(?:\/|[A-Za-z]:\\)[^()\n]*\.[cm]?js):(\d+):(\d+)(?=\)?$)/gm;

/** The maps by file; undefined for files without one. */
const maps = new Map<string, SourceMap | undefined>();

/**
 * Returns the stack with the lines of `src/….ts` for compiled files that have a map beside them; in `node_modules` only if
 * the source is installed, too, as in this package.
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
    // Many packages publish maps without their sources.
    if (
      isInstalled(file) &&
      !map.sources.every((source) => existsSync(resolve(dirname(file), source)))
    )
      return undefined;
    return new SourceMap(map);
  } catch {
    // No map: the stack keeps the compiled lines.
    return undefined;
  }
}

const isInstalled = (file: string): boolean => /[\\/]node_modules[\\/]/.test(file);
