// What an error looks like to a client.
import { STATUS_CODES, validateHeaderName, validateHeaderValue } from "node:http";
import type { Request, Response } from "express";
import { isUntouched, sendAtOnce } from "../express/fast-response";

/** Response headers by name. */
export type Headers = Readonly<Record<string, string>>;

/** Throw it to answer with problem details; all of it is shown to the client. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly expose = true;

  /**
   * @param status An HTTP status from 400 to 599.
   * @param detail What is wrong with this very request, for the client to read.
   * @param members Further members of the problem details, such as `errors`, or a `type` and `title` of its own.
   */
  constructor(
    readonly status: number,
    detail: string,
    readonly members: Readonly<Record<string, unknown>> = {},
    readonly headers?: Headers,
  ) {
    // An answer to a client needs no stack, and collecting one is most of a 404's cost.
    const { stackTraceLimit } = Error;
    if (status < 500) Error.stackTraceLimit = 0;
    super(detail);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The Content-Type of problem details. */
export const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

/** Headers that described the answer which the problem replaces. */
const STALE_HEADERS = /^(content-(?!security)|etag|last-modified|cache-control|accept-ranges)/;

/**
 * Answers with problem details.
 * @throws Error when there is an answer already, TypeError when the members cannot be JSON or a header cannot be sent;
 *   nothing is set then.
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export function sendProblem(
  req: Request,
  res: Response,
  status: number,
  members: Readonly<Record<string, unknown>>,
  headers?: Headers,
): void {
  // Before the status is set, which the access log reads.
  if (res.headersSent) throw new Error("There is an answer already.");
  const text = problemText(status, members, req.id);
  for (const [name, value] of Object.entries(headers ?? {})) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  }
  res.status(status);
  const isPlain = headers === undefined && isUntouched(res);
  // Untagged: nobody asks whether an error is still the same.
  if (isPlain && sendAtOnce(res, PROBLEM_TYPE, text, false)) return;
  for (const name of res.getHeaderNames()) {
    if (STALE_HEADERS.test(name)) res.removeHeader(name);
  }
  res
    .set(headers ?? {})
    .set({ "Content-Type": PROBLEM_TYPE, "Content-Length": String(Buffer.byteLength(text)) })
    .end(text);
}

/**
 * Problem details as JSON. Members may say more of the problem's type, but not lie about the answer's status and the
 * request's id.
 */
export function problemText(
  status: number,
  members: Readonly<Record<string, unknown>>,
  requestId: string,
): string {
  const title = STATUS_CODES[status] ?? "Unknown";
  const problem = { type: "about:blank", title, status, ...members, requestId };
  problem.status = status;
  return JSON.stringify(problem);
}
