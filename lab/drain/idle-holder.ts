// A process that holds idle connections, half of them used once, and prints how the server closed them.
import { connect, type Connection, exchange } from "port-contract/harness";
import type { Ends, Holding } from "./idle-clients";

/** The number of connections opened at a time: below a listener's backlog. */
const BATCH = 100;
const RESPONSE_LIMIT_MS = 20_000;

const { port, from, count } = JSON.parse(process.argv[2] ?? "") as Holding;

async function main(): Promise<void> {
  const connections: Connection[] = [];
  while (connections.length < count) {
    const size = Math.min(BATCH, count - connections.length);
    connections.push(
      ...(await Promise.all(Array.from({ length: size }, (_, i) => open(i % 2 === 0)))),
    );
  }
  console.log("open");
  const endings = await Promise.all(connections.map(endingOf));
  const fin = endings.filter((ending) => ending === "FIN").length;
  console.log(JSON.stringify({ fin, reset: endings.length - fin } satisfies Ends));
}

async function open(isUsed: boolean): Promise<Connection> {
  const connection = await connect({ host: "127.0.0.1", port }, from);
  const headers = { "X-Request-Id": "idle" };
  if (isUsed) await exchange(connection, { path: "/fast", headers }, RESPONSE_LIMIT_MS);
  return connection;
}

async function endingOf(connection: Connection) {
  while (!connection.ending()) await connection.changed();
  return connection.ending();
}

void main();
