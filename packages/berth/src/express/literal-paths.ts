// Lets a request pass quickly over the many routes that it cannot mean.
import type { Router } from "express";
import { allLayers } from "./layers";

/**
 * Compares a few characters where Express would run a regular expression: a layer whose path begins with a literal
 * segment, such as `/notes/:id`, is only asked about paths whose first segment is as long, and begins and ends with the
 * same letters. To be called after all routes are in place.
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

/** A path's first segment, if it holds nothing that has a meaning to Express. */
function literalSegment(path: unknown): string | undefined {
  return typeof path === "string" ? /^\/([\w.~-]+)(?=\/|$)/.exec(path)?.[1] : undefined;
}

/** A character's code, the same for both cases of a letter. */
const caseless = (text: string, index: number): number => text.charCodeAt(index) | 0x20;
