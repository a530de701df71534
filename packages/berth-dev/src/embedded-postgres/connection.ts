// Serves one client's connection, from its startup message to its last transaction.
import type { AddressInfo, Socket } from "node:net";
import { createByteReader, readMessages, readStartup, typeOf } from "./client-messages";
import { type ConnectionSettings, databaseUrl } from "./settings";
import { createExclusiveRunner } from "./exclusive-runner";
import { copyFail, fatal } from "./messages";
import type { SharedSession } from "./shared-session";
import { prefixStatementName } from "./statement-names";

/**
 * Serves `socket` until it ends. `id` is unique among connections.
 * @throws ProtocolError when the client does not speak the protocol; Error when the socket breaks.
 */
export async function serveConnection(
  socket: Socket,
  session: SharedSession,
  { name, idleInTransactionTimeoutMs }: ConnectionSettings,
  id: number,
): Promise<void> {
  const read = createByteReader(socket);
  const parameters = await readStartup(read, () => socket.write("N"));
  if (!parameters) return;
  const wanted = parameters.get("database") ?? parameters.get("user");
  if (wanted !== name)
    return send(socket, fatal("3D000", describeWrongDatabase(socket, wanted, name)));
  await send(socket, session.greeting);
  const runner = createExclusiveRunner(session, {
    id,
    ended: new Promise((resolve) => socket.once("close", resolve)),
    idleTimeoutMs: idleInTransactionTimeoutMs,
    onIdle: () => endIdleTransaction(socket, parameters.get("application_name")),
    onNotification: (notification) => notify(socket, notification),
  });
  const addMessage = createUnitCollector();
  try {
    for await (const message of readMessages(read)) {
      const unit = addMessage(prefixStatementName(message, `${id}.`));
      if (unit) await send(socket, await runner.run(unit));
    }
  } finally {
    await runner.close();
  }
}

/** The client has reached the port of another checkout, or does not use the name. */
function describeWrongDatabase(socket: Socket, wanted: string | undefined, name: string): string {
  const url = databaseUrl(socket.address() as AddressInfo, name);
  return (
    `database "${wanted}" does not exist: this is ${url}, the development database of ${process.cwd()}; ` +
    "start your own on other ports with npm run dev -- -p PORT"
  );
}

function endIdleTransaction(socket: Socket, application = "a client"): void {
  const problem = "idle in a transaction, or with a cursor open, while other connections waited";
  console.warn(
    `embedded PostgreSQL: ${JSON.stringify(application)} was ${problem}: rolled back; set IDLE_IN_TRANSACTION_TIMEOUT_MS=0 to let them wait`,
  );
  endConnection(socket, fatal("25P03", `terminating connection: it was ${problem}`));
}

/** How many bytes of notifications a client may leave unread before its connection ends. */
const MAX_UNREAD_BYTES = 2 ** 24;

function notify(socket: Socket, notification: Buffer): void {
  if (socket.writableLength < MAX_UNREAD_BYTES) socket.write(notification);
  else
    endConnection(socket, fatal("53400", "terminating connection: it does not read notifications"));
}

/** Resolves when the bytes are written to the socket: backpressure for a client that reads slowly. */
function send(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => socket.write(bytes, () => resolve()));
}

const FLUSH_MS = 500;

/** Sends a last message and closes the connection. A client that does not read it within 0.5 s is disconnected. */
export function endConnection(socket: Socket, message: Buffer): void {
  socket.end(message);
  socket.destroySoon();
  setTimeout(() => socket.destroy(), FLUSH_MS).unref();
}

/** The types of messages that end a unit: PostgreSQL responds to Query, FunctionCall, Sync and Flush. */
const UNIT_ENDS = "QFSH";
const COPY_DATA = "dcf";

/**
 * Added to each unit, to end a COPY FROM STDIN at once: PGlite would exit, as it cannot wait for input. PostgreSQL ignores it
 * outside of a COPY.
 */
const noCopyFromStdin = copyFail("not supported by the embedded PostgreSQL, use INSERT");

/**
 * Groups messages into units: a Query or FunctionCall, or an extended query up to its Sync or Flush. No other connection's messages
 * may come in between. The returned function returns the whole unit for the message that completes it.
 */
function createUnitCollector(): (message: Buffer) => Buffer | undefined {
  let messages: Buffer[] = [];
  return (message) => {
    const type = typeOf(message);
    // The COPY that this data belongs to has already failed.
    if (COPY_DATA.includes(type)) return undefined;
    messages.push(message);
    if (!UNIT_ENDS.includes(type)) return undefined;
    // A failed COPY skips to the next Sync, which therefore must be last.
    messages.splice(type === "Q" ? messages.length : -1, 0, noCopyFromStdin);
    const unit = Buffer.concat(messages);
    messages = [];
    return unit;
  };
}
