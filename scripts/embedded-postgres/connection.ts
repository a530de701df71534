// One client's connection: from its startup message to its last transaction.
import type { AddressInfo, Socket } from "node:net";
import { createByteReader } from "./byte-reader";
import { readMessages, readStartup } from "./client-messages";
import { fatal, query, sync } from "./messages";
import { databaseUrl } from "./database-url";
import type { SharedSession } from "./shared-session";
import { prefixStatementName } from "./statement-names";
import { createUnitCollector } from "./units";

/** ReadyForQuery with the status "idle": neither in a transaction nor in the middle of an extended query. */
const READY_AND_IDLE = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/**
 * Serves `socket` until it ends; `id` is unique among connections. Only who asks for the database `name` is let in.
 * @throws ProtocolError when the client does not speak the protocol, and whatever a broken socket throws.
 */
export async function serveConnection(
  socket: Socket,
  session: SharedSession,
  name: string,
  id: number,
): Promise<void> {
  const read = createByteReader(socket);
  const parameters = await readStartup(read, () => socket.write("N"));
  if (!parameters) return;
  const wanted = parameters.get("database") ?? parameters.get("user");
  if (wanted !== name)
    return send(socket, fatal("3D000", describeWrongDatabase(socket, wanted, name)));
  await send(socket, session.greeting);
  const exclusively = createExclusiveRunner(session);
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

/** Runs units in turn, and keeps the turn from `BEGIN` to the end of the transaction. */
function createExclusiveRunner(session: SharedSession) {
  let endTurn: (() => void) | undefined;
  const run = async (unit: Buffer) => {
    endTurn ??= await session.takeTurn();
    const answer = await session.run(unit);
    if (answer.subarray(-READY_AND_IDLE.length).equals(READY_AND_IDLE)) {
      endTurn();
      endTurn = undefined;
    }
    return answer;
  };
  const leave = async () => {
    if (endTurn) await session.run(Buffer.concat([sync, query("ROLLBACK")])).finally(endTurn);
  };
  return { run, leave };
}

/** Waits until the system has taken the bytes, so that a client that reads slowly is not buffered for. */
function send(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => socket.write(bytes, () => resolve()));
}
