// Lets a request pass quickly over the many routes that it cannot mean.
import type { Router } from "express";
import { allLayers } from "./layers";

/**
 * Compares numbers where Express would run a regular expression: a layer whose path begins with a literal segment, such
 * as `/notes/:id`, is only asked about paths that begin with it. To be called after all routes are in place.
 */
export function compareLiteralsFirst(router: Router): void {
  for (const layer of allLayers(router)) {
    const segment = literalSegment(layer.rawPath);
    if (segment === undefined || layer.slash) continue;
    const own = numbers.get(segment) ?? numbers.size;
    numbers.set(segment, own);
    const match = layer.match.bind(layer);
    layer.match = (path) => numberOf(path) === own && match(path);
  }
}

/** The number of each first segment that some route has, in lower case. */
const numbers = new Map<string, number>();

/** A path's first segment, if it holds nothing that has a meaning to Express. */
function literalSegment(path: unknown): string | undefined {
  const literal = typeof path === "string" ? /^\/([\w.~-]*)(?=\/|$)/.exec(path) : null;
  return literal?.[1]?.toLowerCase();
}

// Many layers are asked about the same path, one after the other.
let latestPath: string | undefined;
let latestNumber: number | undefined;

/** The number of the path's first segment; undefined when no route has it. */
function numberOf(path: string): number | undefined {
  if (path === latestPath) return latestNumber;
  const end = path.indexOf("/", 1);
  latestPath = path;
  latestNumber = numbers.get(path.slice(1, end === -1 ? undefined : end).toLowerCase());
  return latestNumber;
}
