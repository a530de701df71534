// Remembers links to next pages: a cursor is opaque, so only the service can make one.
import { type Params, urlOf } from "./known-ids";
import type { Response } from "./exchange";

/** The request of a next page. */
export interface NextPage {
  params: Params;
  /** Percent-encoded, without its question mark. */
  query: string;
}

/** The next pages that responses have linked to. */
export interface NextPages {
  /** Adds the page that the `Link` leads to, if it is one of the same path. */
  learn(path: string, params: Params, response: Response): void;
  /** Returns a known page of this path. Any index is valid. */
  pick(path: string, index: number): NextPage | undefined;
}

/** The maximum number of pages for each path. */
const MAX_PAGES = 100;

export function createNextPages(): NextPages {
  const known = new Map<string, NextPage[]>();
  return {
    learn(path, params, { headers }) {
      const [, link] = NEXT.exec(headers.link ?? "") ?? [];
      const [from, to] = [urlOf("", path, params), urlOf(link, path, params)];
      if (from === undefined || to?.pathname !== from.pathname) return;
      const pages = known.get(path) ?? [];
      known.set(path, pages);
      if (pages.length < MAX_PAGES) pages.push({ params, query: to.search.slice(1) });
    },
    pick(path, index) {
      const pages = known.get(path) ?? [];
      return pages[index % pages.length];
    },
  };
}

/** @see https://www.rfc-editor.org/rfc/rfc8288#section-3 */
const NEXT = /<([^>]*)>(?:\s*;\s*[^\s;,=]+=(?:"[^"]*"|[^";,]*))*?\s*;\s*rel="?next"?\s*(?:[;,]|$)/;
