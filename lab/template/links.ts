// Finds links in Markdown pages that lead nowhere.
import { posix } from "node:path";

/**
 * The links to missing files and headings, each with its page.
 * @param pages Their texts, by paths relative to the root.
 */
export function deadLinks(
  pages: ReadonlyMap<string, string>,
  exists: (path: string) => boolean,
): string[] {
  return [...pages].flatMap(([page, text]) =>
    [...text.matchAll(/\]\((?![a-z]+:)([^)#]*)(?:#([^)]+))?\)/g)]
      .filter(([, path = "", heading]) => {
        const target = path === "" ? page : posix.join(posix.dirname(page), path);
        if (!exists(target)) return true;
        return heading !== undefined && !anchorsIn(pages.get(target) ?? "").includes(heading);
      })
      .map(([link]) => `${page}: ${link}`),
  );
}

/** The anchors of a page's headings, as GitHub makes them. */
const anchorsIn = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
