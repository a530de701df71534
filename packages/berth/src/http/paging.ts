// Lists page by page: the client follows a link, and need not know how a cursor is made.
import { unescape } from "node:querystring";
import type { Response } from "express";
import * as v from "valibot";
import { id, object } from "./fields";
import { queryInteger } from "./query-fields";
import { escapeUrl } from "./relative-url";

/** What a page's query has at least. */
export interface PageQuery {
  limit: number;
  cursor?: string;
}

/**
 * The query of a list; with filters it is `object({ ...pageQuery(20, 100).entries, tag: … })`.
 * @param limit How many rows a page has unless the client says otherwise.
 * @param max How many it may ask for.
 * @param cursor What `cursorOf` gives `sendPage`: an id by default.
 */
export const pageQuery = <const C extends v.GenericSchema<string> = typeof id>(
  limit: number,
  max: number,
  cursor: C = id as never,
) =>
  object({
    limit: v.optional(queryInteger(1, max), String(limit)),
    cursor: v.optional(cursor),
  });

/**
 * Answers with a page of rows, and where there are more, with a `Link` to the next: the same query from the last row's cursor on.
 * @param list Finds the rows after the cursor, as many as `limit` says: one more than the client has asked for.
 * @see https://www.rfc-editor.org/rfc/rfc8288
 */
export async function sendPage<Q extends PageQuery, T>(
  res: Response,
  query: Q,
  list: (query: Q) => Promise<readonly T[]>,
  cursorOf: (row: T) => string,
): Promise<void> {
  const found = await list({ ...query, limit: query.limit + 1 });
  const page = found.slice(0, query.limit);
  const last = page.at(-1);
  if (last !== undefined && found.length > query.limit) {
    res.links({ next: withCursor(res.req.originalUrl, cursorOf(last)) });
  }
  res.json(page);
}

/**
 * Relative to the request's URL, as a proxy may have taken a prefix off its path. As text: to parse a URL would cost a
 * list more than all else that it is not asked for.
 */
function withCursor(target: string, cursor: string): string {
  const [, query = ""] = QUERY.exec(target) ?? [];
  const kept = query.split("&").filter((pair) => pair !== "" && !isCursor(pair));
  return escapeUrl(`?${[...kept, `cursor=${encodeURIComponent(cursor)}`].join("&")}`);
}

const QUERY = /^[^?#]*\?([^#]*)/;

const isCursor = (pair: string): boolean => unescape(pair.split("=", 1)[0] as string) === "cursor";
