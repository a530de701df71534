// Keep-alive clients that send one request after the other, paced, and never one twice.
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type Connection, exchange, type Request } from "port-contract/harness";
import { ANSWER_LIMIT_MS, type Failure, failureOf } from "./failure";
import { jittered } from "./pace";

/** Clients of one kind. */
export interface RequestPlan {
  method: "GET" | "POST";
  path: string;
  clients: number;
  /** Between an answer and the next request of the same client, in milliseconds on average. */
  pauseMs: number;
}

/** One request, and what became of it. */
export interface Sent {
  id: string;
  method: RequestPlan["method"];
  /** Missing when its whole answer came. */
  failure?: Failure;
  /** On the clock of `Date.now`, which other processes have too. */
  sentAtMs: number;
}

let lastId = 0;

/** Sends until the signal is aborted, and resolves then with every request once the last answer is there. */
export async function sendRequests(
  port: number,
  plan: RequestPlan,
  stopped: AbortSignal,
): Promise<Sent[]> {
  const all: Sent[] = [];
  const converse = async (): Promise<void> => {
    let connection: Connection | undefined;
    while (!stopped.aborted) {
      const sent: Sent = { id: String(++lastId), method: plan.method, sentAtMs: Date.now() };
      all.push(sent);
      try {
        connection = isUsable(connection) ? connection : await connect({ host: "127.0.0.1", port });
        const { status, headers } = await exchange(
          connection,
          requestOf(plan, sent.id),
          ANSWER_LIMIT_MS,
        );
        if (status !== 200) sent.failure = `${status}`;
        // Whoever is told so closes, too.
        if (/\bclose\b/i.test(headers.connection ?? "")) connection.close();
      } catch (err) {
        sent.failure = failureOf(err, connection?.ending() !== undefined);
        connection?.close();
      }
      await sleep(jittered(plan.pauseMs));
    }
    connection?.close();
  };
  await Promise.all(Array.from({ length: plan.clients }, converse));
  return all;
}

/** Whether the server has not ended the connection meanwhile, as it may between two requests. */
function isUsable(connection: Connection | undefined): connection is Connection {
  return connection !== undefined && !connection.ending() && !connection.socket.destroyed;
}

function requestOf({ method, path }: RequestPlan, id: string): Request {
  const body = method === "POST" ? { body: `{"id":"${id}"}` } : {};
  const headers = { "Content-Type": "application/json" };
  return { method, path: `${path}?id=${id}`, ...(method === "POST" ? { headers } : {}), ...body };
}
