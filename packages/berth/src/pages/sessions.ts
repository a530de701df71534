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
        /** Where sessions are stored. Requires a table, which a migration creates (docs/pages.md). */
        database: SessionDatabase;
      }
    | {
        /** Where sessions are stored. If Redis evicts a session, its visitor is signed out. */
        redis: SessionRedis | undefined;
      }
  );

interface SessionSettings {
  /** Secrets that sign cookies: the first one signs new cookies, the others verify older ones. Each at least 32 characters. */
  secrets: readonly string[];
  /** The cookie's name, such as the service's: all ports of a host share cookies. */
  name: string;
  /** How long a session lasts after its last request, in milliseconds; a day by default. */
  idleMs?: number;
}

const DAY_MS = 86_400_000;

/**
 * Middleware that sets `req.session`. A visitor gets a cookie once something is stored there. The cookie contains only an id; it
 * is `HttpOnly`, `SameSite=Lax`, and `Secure` if the request came by https.
 * @throws TypeError when a secret is too short, or there is no store; Error when express-session is not installed. Requests
 *   with a cookie get a 503 while the store is not available.
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
    // While secrets are replaced, each response sets the cookie, signed by the new one. Not at other times: a slow response
    // would restore the id that a sign-in has replaced.
    rolling: secrets.length > 1,
    cookie: { httpOnly: true, sameSite: "lax", secure: "auto" },
  });
  return (req, res, next) => {
    session(req, res, (err?: unknown) => {
      if (!res.headersSent) return next(err);
      // The response has been sent: entering the router again would end its connection.
      currentLogger()?.error({ err }, "a session was not stored");
    });
  };
}

function recordsOf(options: SessionsOptions) {
  if ("database" in options) return recordsInDatabase(options.database);
  if (options.redis) return recordsInRedis(options.redis, `${options.name}:session:`);
  throw new TypeError("Sessions have no place: set REDIS_URL, or pass a database.");
}

/** Removes characters that a cookie's name cannot contain, such as those in `@scope/name`. */
const cookieName = (name: string): string =>
  `${name.replace(/^@/, "").replace(/[^\w.-]+/g, "-")}.session`;

/** Loaded only if there are sessions. */
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
 * Stores the session now, so that the client's next request finds it. Otherwise it is stored at the end of the response, which the
 * client may already have read by then.
 * @throws BackingServiceUnavailable when the store is not available.
 */
export const saveSession = (req: Request): Promise<void> =>
  run(req, (session, done) => {
    const isEmpty = Object.keys(session).every((name) => name === "cookie");
    // A visitor without data needs no session.
    if (isEmpty && !isStored(session)) done();
    else session.save(done);
  });

/**
 * Ends the session and starts an empty one with another id. Call it before you sign a visitor in: otherwise an id that somebody
 * else has planted would be signed in, too (session fixation).
 * @throws BackingServiceUnavailable when the store is not available.
 */
export const renewSession = (req: Request): Promise<void> =>
  run(req, (session, done) => void session.regenerate(done));

/** Ends the session, as when a visitor signs out. @throws BackingServiceUnavailable when the store is not available. */
export const endSession = (req: Request): Promise<void> =>
  run(req, (session, done) => void session.destroy(done));

type Step = (session: Session, done: (err?: Error | null) => void) => void;

function run(req: Request, step: Step): Promise<void> {
  const session = sessionOf(req);
  if (!session) return Promise.resolve();
  return new Promise((resolve, reject) => {
    step(session, (err) => {
      if (!err) return resolve();
      // Otherwise it would be tried again, and the client would get a cookie without a session.
      delete (req as Carrier).session;
      reject(err);
    });
  });
}
