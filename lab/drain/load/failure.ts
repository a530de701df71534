// How a request, a WebSocket or an event stream can fail.
import { NoConnection, NoResponse, WrongProtocol } from "port-contract/harness";

/**
 * `refused`: nothing listened. `reset`: the connection ended before the response. `cut`: it ended during the response.
 * `timeout`: neither happened in time. Otherwise the unexpected status.
 */
export type Failure = "refused" | "reset" | "cut" | "timeout" | `${number}`;

/** The time limit for a response, in milliseconds: far more than any response here takes. */
export const RESPONSE_LIMIT_MS = 10_000;

/** Classifies an error of the harness. @throws the error itself if it is not about a request */
export function failureOf(err: unknown, hasEnded: boolean): Failure {
  if (err instanceof NoConnection) return err.code === "ECONNREFUSED" ? "refused" : "reset";
  if (err instanceof NoResponse) {
    if (!hasEnded) return "timeout";
    return err.hasBegun ? "cut" : "reset";
  }
  if (err instanceof WrongProtocol) return "cut";
  throw err;
}
