// Keep-alive clients that send paced requests one after the other, without retries.
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type Connection, exchange, type Request } from "port-contract/harness";
import { RESPONSE_LIMIT_MS, type Failure, failureOf } from "./failure";

/** Clients of one kind. */
export interface RequestPlan {
  method: "GET" | "POST";
  path: string;
  clients: number;
  /** The mean pause between a response and the client's next request, in milliseconds. */
  pauseMs: number;
  /** Adds the id to a request. Default: to its query, and as the JSON body of a POST. */
  withId?: (id: string) => Partial<Request>;
  /** Any other status is a failure. Default: 200. */
  expectedStatus?: number;
}

/** A request and its outcome. */
export interface Sent {
  id: string;
  method: RequestPlan["method"];
  /** Missing when the response was complete. */
  failure?: Failure;
  /** By `Date.now`, whose clock all processes share. */
  sentAtMs: number;
}

let lastId = 0;

/** Sends until the signal is aborted, then resolves to every request once the last response has arrived. */
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
          RESPONSE_LIMIT_MS,
        );
        if (status !== (plan.expectedStatus ?? 200)) sent.failure = `${status}`;
        // After Connection: close the client closes the connection, too.
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

/** Whether the connection is still open; the server may close it between two requests. */
function isUsable(connection: Connection | undefined): connection is Connection {
  return connection !== undefined && !connection.ending() && !connection.socket.destroyed;
}

function requestOf({ method, path, withId }: RequestPlan, id: string): Request {
  const isPost = method === "POST";
  const headers: Request["headers"] = isPost ? { "Content-Type": "application/json" } : {};
  const inQuery = { path: `${path}?id=${id}`, ...(isPost && { body: `{"id":"${id}"}` }) };
  return { method, path, headers, ...(withId?.(id) ?? inQuery) };
}

/** A random pause with this mean, in milliseconds, so that clients do not run in lockstep. */
export const jittered = (meanMs: number): number => meanMs * (0.5 + Math.random());
