// How a request, a WebSocket or an event stream can fail.
import { NoConnection, NoResponse, WrongProtocol } from "port-contract/harness";

/**
 * `refused`: nobody listened. `reset`: the connection ended before any answer. `cut`: it ended in the midst of one.
 * `timeout`: neither came. Else the status, when it is not the one that was expected.
 */
export type Failure = "refused" | "reset" | "cut" | "timeout" | `${number}`;

/** The longest that anything is waited for, in milliseconds: far more than any answer here takes. */
export const ANSWER_LIMIT_MS = 10_000;

/** What an error of the harness' connections means for a request. @throws Error that means nothing, but an accident here. */
export function failureOf(err: unknown, hasEnded: boolean): Failure {
  if (err instanceof NoConnection) return err.code === "ECONNREFUSED" ? "refused" : "reset";
  if (err instanceof NoResponse) {
    if (!hasEnded) return "timeout";
    return err.hasBegun ? "cut" : "reset";
  }
  if (err instanceof WrongProtocol) return "cut";
  throw err;
}
