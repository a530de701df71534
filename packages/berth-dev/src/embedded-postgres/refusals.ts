// What the shared session cannot do for one connection alone: finds it in an answer, and says so to the client instead.
import { commandComplete, flush, portalSuspended, query, splitMessages, sync } from "./messages";
import type { SharedSession } from "./shared-session";

const CURE = "set DEV_DATABASE_URL to a PostgreSQL server";
const LISTEN = `the embedded PostgreSQL has one session for all connections, and so no LISTEN: ${CURE}`;
const CURSOR = `the embedded PostgreSQL keeps no cursor open outside a transaction, as all other connections would wait for it: read all rows at once, or ${CURE}`;

const LISTENED = commandComplete("LISTEN");

/** Whether `unit` leaves the client in the middle of an extended query. */
export const isUnfinished = (unit: Buffer): boolean => unit.subarray(-flush.length).equals(flush);

/** Returns why `answer` may not stand; nothing when it may. */
export function findRefusal(
  unit: Buffer,
  answer: Buffer,
  isInTransaction: boolean,
): string | undefined {
  if (answer.includes(LISTENED)) return LISTEN;
  const isSuspended = answer.subarray(-portalSuspended.length).equals(portalSuspended);
  return isSuspended && isUnfinished(unit) && !isInTransaction ? CURSOR : undefined;
}

/** Undoes in the session what was answered, fails its transaction if there is one, and resolves to the error and ReadyForQuery. */
export async function refuse(session: SharedSession, why: string): Promise<Buffer[]> {
  const raise = `DO $$ BEGIN RAISE '${why}' USING ERRCODE = 'feature_not_supported'; END $$`;
  const answer = await session.run(Buffer.concat([sync, query("UNLISTEN *"), query(raise)]));
  return splitMessages(answer).slice(-2);
}
