// Keep-alive clients that send one request after the other until they are stopped or refused.
import { connect, type Connection, NoConnection } from "port-contract/harness";
import { exchange, type Result, resultOf } from "./exchange";

/** Running clients. */
export interface Clients {
  /** Resolves once each client has sent several requests on its connection. */
  warm: Promise<unknown>;
  /** Lets each client finish its request, and resolves to the outcomes of all requests. */
  stop(): Promise<Result[]>;
  /** Closes the connections that the server left open. */
  close(): void;
}

/** The number of responses after which a client is warm. */
const WARM_RESPONSES = 3;

/** Starts clients of one path. Failed requests are not retried. */
export function startClients(port: number, path: string, count: number): Clients {
  const results: Result[] = [];
  const open = new Set<Connection>();
  let isStopped = false;

  async function converse(onWarm: () => void): Promise<void> {
    let connection: Connection | undefined;
    for (let sent = 0; !isStopped; sent++) {
      if (sent === WARM_RESPONSES) onWarm();
      const isReused = connection !== undefined && isUsable(connection);
      if (!isReused) connection = await connectOrNot(port);
      if (connection) open.add(connection);
      const became = await (connection
        ? exchange(connection, { path }, isReused).result
        : resultOf("", "refused", false));
      results.push(became);
      // After a refused connection a real client would connect to another instance.
      if (became.outcome === "refused") break;
    }
    onWarm();
  }

  const ended: Promise<void>[] = [];
  const warm = Array.from(
    { length: count },
    () => new Promise<void>((resolve) => ended.push(converse(resolve))),
  );
  return {
    warm: Promise.all(warm),
    async stop() {
      isStopped = true;
      await Promise.all(ended);
      return results;
    },
    close: () => open.forEach((connection) => connection.close()),
  };
}

const isUsable = ({ ending, socket }: Connection): boolean => !ending() && !socket.destroyed;

/** Opens a connection; undefined when nothing listens. */
async function connectOrNot(port: number): Promise<Connection | undefined> {
  try {
    return await connect({ host: "127.0.0.1", port });
  } catch (err) {
    if (err instanceof NoConnection && err.code === "ECONNREFUSED") return undefined;
    throw err;
  }
}
