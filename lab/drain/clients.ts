// Keep-alive clients, each sending one request after the other until it is stopped or refused.
import { connect, type Connection, NoConnection } from "port-contract/harness";
import { type Answer, answerTo, exchange } from "./exchange";

/** Clients at work. */
export interface Clients {
  /** Resolves once each has a connection that has carried several requests. */
  warm: Promise<unknown>;
  /** Lets each finish its request, and resolves with what became of all requests. */
  stop(): Promise<Answer[]>;
  /** Closes the connections that the server has left open. */
  close(): void;
}

/** How many answers make a client warm. */
const WARM_ANSWERS = 3;

/** Starts clients of one path; a request that fails is not sent again. */
export function startClients(port: number, path: string, count: number): Clients {
  const answers: Answer[] = [];
  const open = new Set<Connection>();
  let isStopped = false;

  async function converse(onWarm: () => void): Promise<void> {
    let connection: Connection | undefined;
    for (let sent = 0; !isStopped; sent++) {
      if (sent === WARM_ANSWERS) onWarm();
      const isReused = connection !== undefined && isUsable(connection);
      if (!isReused) connection = await connectOrNot(port);
      if (connection) open.add(connection);
      const became = await (connection
        ? exchange(connection, { path }, isReused).answer
        : answerTo("", "refused", false));
      answers.push(became);
      // A refusal tells it to go elsewhere.
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
      return answers;
    },
    close: () => open.forEach((connection) => connection.close()),
  };
}

const isUsable = ({ ending, socket }: Connection): boolean => !ending() && !socket.destroyed;

/** Opens a connection; undefined when nobody listens. */
async function connectOrNot(port: number): Promise<Connection | undefined> {
  try {
    return await connect({ host: "127.0.0.1", port });
  } catch (err) {
    if (err instanceof NoConnection && err.code === "ECONNREFUSED") return undefined;
    throw err;
  }
}
