// One HTTP request without retries, and what became of it.
import {
  type Connection,
  headOf,
  NoResponse,
  readResponse,
  type Request,
} from "port-contract/harness";

/**
 * `whole`: an answer below 500 with all of its body. `incomplete`: any other answer. `reset`: the connection ended
 * without one. `refused`: nobody listened.
 */
export type Outcome = "whole" | "incomplete" | "reset" | "refused";

/** What became of a request. */
export interface Answer {
  id: string;
  outcome: Outcome;
  /** Whether its connection had carried an earlier request. */
  isReused: boolean;
  /** On the clock of `performance.now`, in milliseconds. */
  endedAtMs: number;
}

/** A request on its way. */
export interface Exchange {
  id: string;
  connection: Connection;
  /** Resolves once its handler is known to run, or it has failed. */
  begun: Promise<void>;
  /** Rejects when the machine, not the server, fails. */
  answer: Promise<Answer>;
}

/** The longest that an answer is waited for, in milliseconds: more than any server here is left alive. */
const ANSWER_LIMIT_MS = 30_000;

let lastId = 0;

/** Sends a request, but for what its body lacks of its `Content-Length`. */
export function exchange(connection: Connection, request: Request, isReused = false): Exchange {
  const id = `drain-${++lastId}`;
  connection.socket.write(
    headOf({ ...request, headers: { ...request.headers, "X-Request-Id": id } }),
  );
  const begun = connection.changed();
  const answer = outcomeOf(connection).then((outcome) => answerTo(id, outcome, isReused));
  return { id, connection, begun, answer };
}

/** What became of a request that ends now. */
export function answerTo(id: string, outcome: Outcome, isReused: boolean): Answer {
  return { id, outcome, isReused, endedAtMs: performance.now() };
}

async function outcomeOf(connection: Connection): Promise<Outcome> {
  try {
    const { status, headers } = await readResponse(connection, ANSWER_LIMIT_MS);
    // Whoever is told so closes, too.
    if (/\bclose\b/i.test(headers.connection ?? "")) connection.close();
    return status < 500 ? "whole" : "incomplete";
  } catch (err) {
    if (err instanceof NoResponse) return err.hasBegun ? "incomplete" : "reset";
    throw err;
  }
}
