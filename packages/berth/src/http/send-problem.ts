// Responds with problem details, or with a page to a browser.
import { validateHeaderName, validateHeaderValue } from "node:http";
import type { Request, Response } from "express";
import { isUntouched, sendAtOnce } from "../express/fast-response";
import type { ResponseHeaders } from "../request/http-error";
import { PROBLEM_TYPE, problemText } from "../request/problem";
import { prefersPage, problemPage } from "./problem-page";

/** Headers that described the response which the problem replaces. */
const STALE_HEADERS = /^(content-(?!security)|etag|last-modified|cache-control|accept-ranges)/;

/**
 * Responds with problem details: as JSON, unless the client prefers HTML.
 * @throws Error when a response has already been sent, TypeError when the members cannot be JSON or a header is
 *   invalid; nothing is set then.
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export function sendProblem(
  req: Request,
  res: Response,
  status: number,
  members: Readonly<Record<string, unknown>>,
  headers?: ResponseHeaders,
): void {
  // Before the status is set, which the access log reads.
  if (res.headersSent) throw new Error("A response has already been sent.");
  const json = problemText(status, members, req.id);
  const isPage = prefersPage(req);
  const text = isPage ? problemPage(req, json) : json;
  for (const [name, value] of Object.entries(headers ?? {})) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  }
  res.status(status);
  const isPlain = !isPage && headers === undefined && isUntouched(res);
  // No entity tag: clients do not revalidate errors.
  if (isPlain && sendAtOnce(res, PROBLEM_TYPE, text, false)) return;
  for (const name of res.getHeaderNames()) {
    if (STALE_HEADERS.test(name)) res.removeHeader(name);
  }
  res.set(headers ?? {});
  // A cache must not give it to a program.
  if (isPage) res.vary("Accept");
  res
    .set({
      "Content-Type": isPage ? "text/html; charset=utf-8" : PROBLEM_TYPE,
      "Content-Length": String(Buffer.byteLength(text)),
    })
    .end(text);
}
