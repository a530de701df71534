// Cursor pagination: lists are sent page by page, and a client follows the `Link` to the next page.
import { unescape } from "node:querystring";
import type { Response } from "express";
import { encodeCursor } from "../schema/page-cursor";
import type { PageQuery } from "../schema/query-fields";
import { escapeUrl } from "./relative-url";

/**
 * Responds with a page of rows and, if there are more, a `Link` to the next: the same query after the last row's
 * cursor.
 * @param list Finds up to `limit` rows after the cursor; `limit` is one more than the client's.
 * @param cursorOf Returns a row's cursor: text, or the values of a `pageCursor`.
 * @see https://www.rfc-editor.org/rfc/rfc8288
 */
export async function sendPage<
  Q extends PageQuery<string | readonly unknown[]>,
  T,
  const Cursor extends NonNullable<Q["cursor"]>,
>(
  res: Response,
  query: Q,
  list: (query: Q) => Promise<readonly T[]>,
  cursorOf: (row: T) => Cursor,
): Promise<void> {
  const found = await list({ ...query, limit: query.limit + 1 });
  const page = found.slice(0, query.limit);
  const last = page.at(-1);
  if (last !== undefined && found.length > query.limit) {
    const cursor: string | readonly unknown[] = cursorOf(last);
    const text = typeof cursor === "string" ? cursor : encodeCursor(cursor);
    res.links({ next: withCursor(res.req.originalUrl, text) });
  }
  res.json(page);
}

/**
 * Relative to the request's URL, as a proxy may have removed a prefix from its path. Built as text, because parsing a
 * URL would be the most expensive part of a list.
 */
function withCursor(target: string, cursor: string): string {
  const [, query = ""] = QUERY.exec(target) ?? [];
  const kept = query.split("&").filter((pair) => pair !== "" && !isCursor(pair));
  return escapeUrl(`?${[...kept, `cursor=${encodeURIComponent(cursor)}`].join("&")}`);
}

const QUERY = /^[^?#]*\?([^#]*)/;

const isCursor = (pair: string): boolean => unescape(pair.split("=", 1)[0] as string) === "cursor";
