// Rejects what the shared session cannot do for a single connection: LISTEN, and cursors outside of a transaction.
import { commandComplete, flush, portalSuspended, query, splitMessages, sync } from "./messages";
import type { SharedSession } from "./shared-session";

const CURE = "set DEV_DATABASE_URL to a PostgreSQL server";
const LISTEN = `the embedded PostgreSQL has one session for all connections, so LISTEN is not supported: ${CURE}`;
const CURSOR = `the embedded PostgreSQL does not support a cursor outside a transaction, as all other connections would wait for it: read all rows at once, or ${CURE}`;

const LISTENED = commandComplete("LISTEN");

/** Whether the client is in the middle of an extended query after `unit`. */
export const isUnfinished = (unit: Buffer): boolean => unit.subarray(-flush.length).equals(flush);

/** Returns why `response` must not be sent to the client; undefined if it may. */
export function findRefusal(
  unit: Buffer,
  response: Buffer,
  isInTransaction: boolean,
): string | undefined {
  if (response.includes(LISTENED)) return LISTEN;
  const isSuspended = response.subarray(-portalSuspended.length).equals(portalSuspended);
  return isSuspended && isUnfinished(unit) && !isInTransaction ? CURSOR : undefined;
}

/** Undoes the unit in the session, fails its transaction if there is one, and resolves to the error and ReadyForQuery. */
export async function refuse(session: SharedSession, why: string): Promise<Buffer[]> {
  const raise = `DO $$ BEGIN RAISE '${why}' USING ERRCODE = 'feature_not_supported'; END $$`;
  const response = await session.run(Buffer.concat([sync, query("UNLISTEN *"), query(raise)]));
  return splitMessages(response).slice(-2);
}
