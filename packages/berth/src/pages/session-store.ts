// The store through which express-session reads and writes sessions.
import type ExpressSession from "express-session";
import { currentLogger } from "../process/work-context";
import type { SessionRecords } from "./session-records";

type Data = ExpressSession.SessionData;
type Done<T = void> = (err?: unknown, result?: T | null) => void;

/** The largest session, in characters: each request reads all of it. */
const SIZE_LIMIT = 65_536;

/** A session is extended once less than this share of its lifetime is left, so that not every request causes a write. */
const EXTEND_BELOW = 0.9;

/** The lifetimes of sessions, in milliseconds: by the record that was read, and by the session created from it. */
const leftMs = new WeakMap<object, number>();

/** Whether the store has this session. */
export const isStored = (session: object): boolean => leftMs.has(session);

/** Creates a store. @param idleMs The lifetime of a session whose cookie does not state one, in milliseconds. */
export function createSessionStore(
  { Store }: typeof ExpressSession,
  records: SessionRecords,
  idleMs: number,
): ExpressSession.Store {
  const ttlOf = ({ cookie }: Data): number => Math.ceil(cookie.originalMaxAge ?? idleMs);

  class RecordStore extends Store {
    override get(id: string, done: Done<Data>): void {
      settle(records.read(id), done, (found) => {
        if (found) leftMs.set(found.data, found.leftMs);
        return found?.data as Data | undefined;
      });
    }

    override createSession(req: Parameters<typeof Store.prototype.createSession>[0], data: Data) {
      const session = super.createSession(req, data);
      leftMs.set(session, leftMs.get(data) ?? 0);
      return session;
    }

    override set(id: string, session: Data, done: Done = () => undefined): void {
      const json = JSON.stringify(session, storable);
      if (json.length > SIZE_LIMIT) return done(new Error(tooLarge(json.length)));
      const ttlMs = ttlOf(session);
      const written = isStored(session)
        ? records.replace(id, json, ttlMs)
        : records.create(id, json, ttlMs);
      settle(written, done, () => void leftMs.set(session, ttlMs));
    }

    override touch(id: string, session: Data, done: Done = () => undefined): void {
      const ttlMs = ttlOf(session);
      if ((leftMs.get(session) ?? 0) > ttlMs * EXTEND_BELOW) return done();
      const extended = records.extend(id, ttlMs).catch((err: unknown) => {
        currentLogger()?.warn({ err }, "a session's life was not extended");
      });
      settle(extended, done, () => undefined);
    }

    override destroy(id: string, done: Done = () => undefined): void {
      settle(records.remove(id), done, () => undefined);
    }
  }

  return new RecordStore();
}

/**
 * Replaces text that PostgreSQL stores as JSON but cannot extract: a single one would break every statement that queries the
 * content of sessions.
 * @see https://www.postgresql.org/docs/current/datatype-json.html
 */
const storable = (_key: string, value: unknown): unknown =>
  typeof value === "string" ? value.toWellFormed().replaceAll("\0", "\ufffd") : value;

/** Calls back outside the promise, because an error thrown by the callback must not become a rejection. */
function settle<T, R>(
  promise: Promise<T>,
  done: Done<R>,
  resultOf: (value: T) => R | undefined,
): void {
  promise.then(
    (value) => process.nextTick(done, null, resultOf(value) ?? null),
    (err: unknown) => process.nextTick(done, err),
  );
}

const tooLarge = (length: number): string =>
  `The session has ${length} characters, and at most ${SIZE_LIMIT} are stored: keep an id there, and the rest in a table.`;
