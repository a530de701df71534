// Problem details (RFC 9457): the error that a handler throws, and its JSON.
import { STATUS_CODES } from "node:http";
import type { HttpError, ResponseHeaders } from "./http-error";

/** Throw it to respond with problem details. The client gets all of it, headers included. */
export class Problem extends Error implements HttpError {
  override readonly name = "Problem";
  readonly expose = true;

  /**
   * @param status An HTTP status from 400 to 599.
   * @param detail What is wrong with this request, for the client to read.
   * @param members Further members of the problem details, such as `errors`, or a `type` and `title` of its own.
   */
  constructor(
    readonly status: number,
    detail: string,
    readonly members: Readonly<Record<string, unknown>> = {},
    readonly headers?: ResponseHeaders,
  ) {
    // Client errors are not logged with a stack, and collecting one is most of the cost of a 404.
    const { stackTraceLimit } = Error;
    if (status < 500) Error.stackTraceLimit = 0;
    super(detail);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The Content-Type of problem details. */
export const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

/**
 * Problem details as JSON. Members may set the problem's type and title; the status and the request id are always the
 * response's.
 * @see https://www.rfc-editor.org/rfc/rfc9457
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
