// Sessions of visitors: express-session, with a store in PostgreSQL or Redis.
import type { Request, RequestHandler } from "express";
import type ExpressSession from "express-session";
import { currentLogger } from "../process/work-context";
import {
  recordsInDatabase,
  recordsInRedis,
  type SessionDatabase,
  type SessionRedis,
} from "./session-records";
import { createSessionStore, isStored } from "./session-store";
import { MIN_SECRET_LENGTH } from "./variables";

/** The options of sessions. */
export type SessionsOptions = SessionSettings &
  (
    | {
        /** Where sessions are stored: it needs a table, by a migration (docs/pages.md). */
        database: SessionDatabase;
      }
    | {
        /** Where sessions are stored. What it evicts is signed out. */
        redis: SessionRedis | undefined;
      }
  );

interface SessionSettings {
  /** They sign the cookie: the first one new cookies, the others those from before. 32 characters or more each. */
  secrets: readonly string[];
  /** Names the cookie, such as the service's name: cookies are shared by all ports of a host. */
  name: string;
  /** How long a session lasts after its last request, in milliseconds; a day by default. */
  idleMs?: number;
}

const DAY_MS = 86_400_000;

/**
 * Middleware that gives a request its `req.session`. A visitor gets a cookie once something is stored there; it holds
 * only an id, is `HttpOnly` and `SameSite=Lax`, and `Secure` if the request came by https.
 * @throws TypeError for a secret that is too short, or without a place to store sessions; Error when express-session is
 *   not installed. Requests with a cookie get a 503 while the store is away.
 */
export function createSessions(options: SessionsOptions): RequestHandler {
  const { secrets, name, idleMs = DAY_MS } = options;
  if (secrets.length === 0 || secrets.some(({ length }) => length < MIN_SECRET_LENGTH)) {
    throw new TypeError(`secrets: expected some of ${MIN_SECRET_LENGTH} characters or more`);
  }
  const library = load();
  const session = library({
    name: cookieName(name),
    secret: [...secrets],
    store: createSessionStore(library, recordsOf(options), idleMs),
    resave: false,
    saveUninitialized: false,
    // While secrets are replaced, each response has the cookie, signed by the new one. Not always: a slow response would
    // set the id again that a sign-in has replaced.
    rolling: secrets.length > 1,
    cookie: { httpOnly: true, sameSite: "lax", secure: "auto" },
  });
  return (req, res, next) => {
    session(req, res, (err?: unknown) => {
      if (!res.headersSent) return next(err);
      // The response has been sent: to enter the router again would end its connection.
      currentLogger()?.error({ err }, "a session was not stored");
    });
  };
}

function recordsOf(options: SessionsOptions) {
  if ("database" in options) return recordsInDatabase(options.database);
  if (options.redis) return recordsInRedis(options.redis, `${options.name}:session:`);
  throw new TypeError("Sessions have no place: set REDIS_URL, or pass a database.");
}

/** Without characters that a cookie's name cannot have, such as those of `@scope/name`. */
const cookieName = (name: string): string =>
  `${name.replace(/^@/, "").replace(/[^\w.-]+/g, "-")}.session`;

/** Loaded only where there are sessions. */
function load(): typeof ExpressSession {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it for everybody
    return require("express-session") as typeof ExpressSession;
  } catch (err) {
    throw new Error("Sessions need express-session: npm install express-session", { cause: err });
  }
}

/** A session as express-session attaches it. */
type Session = ExpressSession.Session & Partial<ExpressSession.SessionData>;

type Carrier = Omit<Request, "session"> & { session?: Session };

/**
 * The request's session; undefined once it has ended. @throws Error when the middleware is missing.
 * @internal Its type needs @types/express-session.
 */
export function sessionOf(req: Request): Session | undefined {
  if (!("sessionStore" in req)) {
    throw new Error("The request has no session: add createSessions(…) before this route.");
  }
  return (req as Carrier).session;
}

/**
 * Stores the session now, so that a request that the client sends next finds it. At the end of a response that happens by
 * itself, but not before the client may have read it.
 * @throws BackingServiceUnavailable when the store is away.
 */
export const saveSession = (req: Request): Promise<void> =>
  run(req, (session, done) => {
    const isEmpty = Object.keys(session).every((name) => name === "cookie");
    // A visitor of whom nothing is known needs no session.
    if (isEmpty && !isStored(session)) done();
    else session.save(done);
  });

/**
 * Ends the session and begins an empty one with another id: to be called before a visitor is signed in, or an id that
 * somebody else has planted would be signed in with it (session fixation).
 * @throws BackingServiceUnavailable when the store is away.
 */
export const renewSession = (req: Request): Promise<void> =>
  run(req, (session, done) => void session.regenerate(done));

/** Ends the session, as when a visitor signs out. @throws BackingServiceUnavailable when the store is away. */
export const endSession = (req: Request): Promise<void> =>
  run(req, (session, done) => void session.destroy(done));

type Step = (session: Session, done: (err?: Error | null) => void) => void;

function run(req: Request, step: Step): Promise<void> {
  const session = sessionOf(req);
  if (!session) return Promise.resolve();
  return new Promise((resolve, reject) => {
    step(session, (err) => {
      if (!err) return resolve();
      // Otherwise it would be tried again, and the client get a cookie without a session.
      delete (req as Carrier).session;
      reject(err);
    });
  });
}
