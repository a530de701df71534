// Removes the text of parts that are left out, and all marks of parts.
import { posix } from "node:path";

const NAMES = "(berth|vendor|registry|sample|docs|limits|tokens|feed|grpc|telemetry)";
/** A block: comment lines `begin: PART` and `end: PART`. */
const BLOCK = new RegExp(`^\\s*(?://|#|<!--) (begin|end): ${NAMES}(?: -->)?\\s*$`);
/** A single line: a comment `part: PART` at its end. */
const LINE = new RegExp(`\\s*(?://|#|<!--) part: ${NAMES}(?: -->)?\\s*$`);

/**
 * Removes the marked lines of the parts that are left out, and the marks of the other parts.
 * @throws Error when a block has no beginning or no end: the rest of the file would be removed with it.
 */
export function withoutParts(text: string, leaving: readonly string[], file: string): string {
  const open: string[] = [];
  const kept = text.split("\n").flatMap((line) => {
    const [mark, kind, part = ""] = BLOCK.exec(line) ?? [];
    if (mark === undefined) {
      const [ending, of = ""] = LINE.exec(line) ?? [];
      if ([...open, of].some((name) => leaving.includes(name))) return [];
      return ending === undefined ? [line] : [line.slice(0, -ending.length)];
    }
    if (kind === "begin") open.push(part);
    else if (open.pop() !== part)
      throw new Error(`${file}: "${mark.trim()}" does not match a begin`);
    return [];
  });
  if (open.length > 0) throw new Error(`${file}: "begin: ${open.join(", ")}" has no end`);
  return kept.join("\n");
}

/** Removes processes from a Procfile, with the comments about their counts. */
export function withoutProcesses(text: string, names: readonly string[]): string {
  if (names.length === 0) return text;
  const [name, formation] = [`(?:${names.join("|")})`, "(?:# formation: .*\\n)?"];
  return text.replaceAll(new RegExp(`^${formation}${name}:.*\\n`, "gm"), "");
}

/** Replaces links in Markdown with their text if the target is removed. */
export const withoutLinks = (
  text: string,
  page: string,
  isGone: (path: string) => boolean,
): string =>
  text.replaceAll(
    /\[([^\]]+)\]\((?![a-z]+:)([^)#\s]+)[^)]*\)/g,
    (link, words: string, target: string) =>
      isGone(posix.join(posix.dirname(page), target)) ? words : link,
  );

/** Removes references to missing projects from a `tsconfig.json`. */
export const withReferences = (text: string, isThere: (path: string) => boolean): string =>
  text.replace(/(?<="references": \[)[^\]]*/, (list) =>
    [...list.matchAll(/\{\s*"path": "([^"]+)"\s*\}/g)]
      .filter(([, path = ""]) => isThere(path))
      .map(([reference]) => reference)
      .join(","),
  );
