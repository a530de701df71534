// Prefilters routes: those that cannot match a request are skipped without running their regular expressions.
import type { Router } from "express";
import { allLayers } from "./layers";

/**
 * Compares a few characters before Express runs a regular expression: a layer whose path begins with a literal segment,
 * such as `/notes/:id`, is only tried for paths whose first segment has the same length, first and last letter. Call it
 * after all routes have been added.
 */
export function compareLiteralsFirst(router: Router): void {
  for (const layer of allLayers(router)) {
    const segment = layer.slash ? undefined : literalSegment(layer.rawPath);
    if (!segment) continue;
    const { length } = segment;
    const first = caseless(segment, 0);
    const last = caseless(segment, length - 1);
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its layer
    const { match } = layer;
    layer.match = (path) =>
      caseless(path, 1) === first &&
      caseless(path, length) === last &&
      (path.length === length + 1 || path.charCodeAt(length + 1) === SLASH) &&
      match.call(layer, path);
  }
}

const SLASH = 0x2f;

/** A path's first segment, if it has no characters that are special to Express. */
function literalSegment(path: unknown): string | undefined {
  return typeof path === "string" ? /^\/([\w.~-]+)(?=\/|$)/.exec(path)?.[1] : undefined;
}

/** A character's code, case-insensitive for letters. */
const caseless = (text: string, index: number): number => text.charCodeAt(index) | 0x20;
