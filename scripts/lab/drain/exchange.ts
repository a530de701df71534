// One HTTP request without retries, and what became of it.
import { type Agent, type ClientRequest, type IncomingMessage, request } from "node:http";

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
  request: ClientRequest;
  /** Resolves once its handler is known to run, or it has failed. */
  begun: Promise<unknown>;
  /** Rejects when the machine, not the server, fails. */
  answer: Promise<Answer>;
}

/** What to ask for. */
export interface Question {
  agent: Agent;
  path: string;
  method?: string;
  headers?: Record<string, string>;
}

const RESETS = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED"]);

let lastId = 0;

/** Opens a request to loopback; whoever has no body to send ends it. */
export function exchange(port: number, { headers, ...question }: Question): Exchange {
  const id = `drain-${++lastId}`;
  const req = request({
    host: "127.0.0.1",
    port,
    ...question,
    headers: { ...headers, "X-Request-Id": id },
  });
  const answer = outcomeOf(req).then((outcome) => ({
    id,
    outcome,
    isReused: req.reusedSocket,
    endedAtMs: performance.now(),
  }));
  const begun = new Promise((resolve) => {
    for (const event of ["information", "response", "error"]) req.once(event, resolve);
  });
  return { id, request: req, begun, answer };
}

function outcomeOf(req: ClientRequest): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    let hasBegun = false;
    req.once("response", (res: IncomingMessage) => {
      hasBegun = true;
      const isError = (res.statusCode ?? 0) >= 500;
      // A cut body is told apart by `complete`.
      res.on("error", () => {}).resume();
      res.once("close", () => resolve(res.complete && !isError ? "whole" : "incomplete"));
    });
    req.on("error", (err: NodeJS.ErrnoException) => {
      if (err.code === "ECONNREFUSED") resolve("refused");
      else if (RESETS.has(err.code ?? "")) resolve(hasBegun ? "incomplete" : "reset");
      else reject(err);
    });
  });
}
