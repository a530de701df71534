// Sends an HTTP request without retries, and classifies its outcome.
import {
  type Connection,
  headOf,
  NoResponse,
  readResponse,
  type Request,
} from "port-contract/harness";

/**
 * `whole`: a complete response with a status below 500. `incomplete`: any other response. `reset`: the connection ended
 * without a response. `refused`: nothing listened.
 */
export type Outcome = "whole" | "incomplete" | "reset" | "refused";

/** The outcome of a request. */
export interface Result {
  id: string;
  outcome: Outcome;
  /** Whether it was not the first request of its connection. */
  isReused: boolean;
  /** On the clock of `performance.now`, in milliseconds. */
  endedAtMs: number;
}

/** A request in flight. */
export interface Exchange {
  id: string;
  connection: Connection;
  /** Resolves once its handler is known to run, or the request has failed. */
  begun: Promise<void>;
  /** Rejects when the machine, not the server, fails. */
  result: Promise<Result>;
}

/** The time limit for a response, in milliseconds: longer than any server here is left running. */
const RESPONSE_LIMIT_MS = 30_000;

let lastId = 0;

/** Sends a request, whose body may still be shorter than its `Content-Length`. */
export function exchange(connection: Connection, request: Request, isReused = false): Exchange {
  const id = `drain-${++lastId}`;
  connection.socket.write(
    headOf({ ...request, headers: { ...request.headers, "X-Request-Id": id } }),
  );
  const begun = connection.changed();
  const result = outcomeOf(connection).then((outcome) => resultOf(id, outcome, isReused));
  return { id, connection, begun, result };
}

/** The outcome of a request that ends now. */
export function resultOf(id: string, outcome: Outcome, isReused: boolean): Result {
  return { id, outcome, isReused, endedAtMs: performance.now() };
}

async function outcomeOf(connection: Connection): Promise<Outcome> {
  try {
    const { status, headers } = await readResponse(connection, RESPONSE_LIMIT_MS);
    // After Connection: close the client closes the connection, too.
    if (/\bclose\b/i.test(headers.connection ?? "")) connection.close();
    return status < 500 ? "whole" : "incomplete";
  } catch (err) {
    if (err instanceof NoResponse) return err.hasBegun ? "incomplete" : "reset";
    throw err;
  }
}
