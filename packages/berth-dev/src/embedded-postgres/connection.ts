// One client's connection: from its startup message to its last transaction.
import type { AddressInfo, Socket } from "node:net";
import { createByteReader } from "./byte-reader";
import { readMessages, readStartup } from "./client-messages";
import { fatal } from "./messages";
import { databaseUrl } from "./database-url";
import { dismiss } from "./dismiss";
import { createExclusiveRunner } from "./exclusive-runner";
import type { SharedSession } from "./shared-session";
import { prefixStatementName } from "./statement-names";
import { createUnitCollector } from "./units";

export interface ConnectionSettings {
  /** What clients have to call the database. */
  name: string;
  /** How long others wait for a transaction in which nothing happens, in milliseconds; 0 is for ever. */
  idleInTransactionTimeoutMs: number;
}

/**
 * Serves `socket` until it ends; `id` is unique among connections.
 * @throws ProtocolError when the client does not speak the protocol, and whatever a broken socket throws.
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

/** Who gets to read this has come to the port of another checkout, or looks for the name. */
function describeWrongDatabase(socket: Socket, wanted: string | undefined, name: string): string {
  const url = databaseUrl(socket.address() as AddressInfo, name);
  return (
    `database "${wanted}" is not here: this is ${url}, the development database of ${process.cwd()}; ` +
    "run your own on other ports with npm run dev -- -p PORT"
  );
}

function endIdleTransaction(socket: Socket, application = "a client"): void {
  const problem = "idle in a transaction while others waited";
  console.warn(
    `embedded PostgreSQL: ${JSON.stringify(application)} was ${problem}: rolled back; IDLE_IN_TRANSACTION_TIMEOUT_MS=0 lets them wait`,
  );
  dismiss(socket, fatal("25P03", `terminating connection: it was ${problem}`));
}

/** Waits until the system has taken the bytes, so that a client that reads slowly is not buffered for. */
function send(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => socket.write(bytes, () => resolve()));
}
