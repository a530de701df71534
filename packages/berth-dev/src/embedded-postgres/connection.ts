// Serves one client's connection, from its startup message to its last transaction.
import type { AddressInfo, Socket } from "node:net";
import { createByteReader, readMessages, readStartup, typeOf } from "./client-messages";
import { databaseUrl } from "./database-url";
import { createExclusiveRunner } from "./exclusive-runner";
import { copyFail, fatal } from "./messages";
import type { SharedSession } from "./shared-session";
import { prefixStatementName } from "./statement-names";

export interface ConnectionSettings {
  /** The name that clients have to use for the database. */
  name: string;
  /** How long other connections wait for an idle transaction, in milliseconds. 0 disables the timeout. */
  idleInTransactionTimeoutMs: number;
}

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
  const exclusively = createExclusiveRunner(session, {
    id,
    ended: new Promise((resolve) => socket.once("close", resolve)),
    idleTimeoutMs: idleInTransactionTimeoutMs,
    onIdle: () => endIdleTransaction(socket, parameters.get("application_name")),
  });
  const collect = createUnitCollector();
  try {
    for await (const message of readMessages(read)) {
      const unit = collect(prefixStatementName(message, `${id}.`));
      if (unit) await send(socket, await exclusively.run(unit));
    }
  } finally {
    await exclusively.leave();
  }
}

/** For a client that has reached the port of another checkout, or does not know the name. */
function describeWrongDatabase(socket: Socket, wanted: string | undefined, name: string): string {
  const url = databaseUrl(socket.address() as AddressInfo, name);
  return (
    `database "${wanted}" does not exist: this is ${url}, the development database of ${process.cwd()}; ` +
    "start your own on other ports with npm run dev -- -p PORT"
  );
}

function endIdleTransaction(socket: Socket, application = "a client"): void {
  const problem = "idle in a transaction while other connections waited";
  console.warn(
    `embedded PostgreSQL: ${JSON.stringify(application)} was ${problem}: rolled back; set IDLE_IN_TRANSACTION_TIMEOUT_MS=0 to let them wait`,
  );
  endConnection(socket, fatal("25P03", `terminating connection: it was ${problem}`));
}

/** Waits until the system has taken the bytes: backpressure instead of a buffer for a client that reads slowly. */
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

/** The response to Query, FunctionCall and Sync ends with ReadyForQuery; the one to Flush has the results so far. */
const UNIT_ENDS = "QFSH";
const COPY_DATA = "dcf";

/**
 * PGlite cannot wait for more input while a statement runs: it would end. So each unit includes the end of a COPY FROM STDIN, which
 * PostgreSQL ignores outside of one.
 */
const noCopyFromStdin = copyFail("not supported by the embedded PostgreSQL, use INSERT");

/**
 * Groups messages into units that must run without another connection's messages in between. The returned function returns the
 * whole unit for the message that completes it.
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
