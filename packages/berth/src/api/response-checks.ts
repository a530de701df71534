// Checks responses against their route's description: all if mismatches are refused, otherwise one per route and second.
import type { Express, NextFunction, Request, Response } from "express";
import * as v from "valibot";
import type { Logger } from "pino";
import { requestFields } from "../http/log-context";
import { Problem } from "../request/problem";
import {
  mediaTypeOf,
  partsOf,
  type ResponseParts,
  type Responses,
  schemaOf,
} from "../schema/response";
import { byPointer, validate } from "../schema/validate";

/** What happens to a response that does not match its route's description. */
export interface ResponseChecks {
  /** Whether to replace it by a problem 500, as in development and tests; otherwise it is sent, and logged once. */
  areMismatchesRefused: boolean;
  logger: Pick<Logger, "warn">;
}

/** The Express setting, which mounted apps inherit. */
const SETTING = "response checks";

/** Turns response checks on for an app and the apps mounted in it. */
export function setResponseChecks(app: Express, checks: ResponseChecks): void {
  app.set(SETTING, checks);
}

const checksOf = (app: Request["app"]) => app.get(SETTING) as ResponseChecks | undefined;

/** Whether an app refuses responses that do not match. */
export const areMismatchesRefused = (app: Request["app"]): boolean =>
  checksOf(app)?.areMismatchesRefused ?? false;

/** The interval of a route's checks while mismatches are only logged, in milliseconds. */
const CHECK_INTERVAL_MS = 1000;

/** Creates the check that a route runs before its handler; a problem that replaces the response is passed to `next`. */
export function responseCheck(
  responses: Responses,
): (req: Request, res: Response, next: NextFunction) => void {
  const described = new Map(
    Object.entries(responses).map(([status, response]) => [Number(status), checkedParts(response)]),
  );
  let nextCheckAt = 0;
  const logged = new Set<number>();

  return (req, res, next) => {
    const checks = checksOf(req.app);
    if (!checks) return;
    if (!checks.areMismatchesRefused) {
      const now = performance.now();
      if (now < nextCheckAt) return;
      nextCheckAt = now + CHECK_INTERVAL_MS;
    }
    beforeResponse(res, (body) => {
      try {
        checkResponse(described.get(res.statusCode), res, body);
        return true;
      } catch (err) {
        if (checks.areMismatchesRefused) {
          // Not thrown: `res.json` may be called in a callback, where nothing would catch it.
          next(err);
          return false;
        }
        if (logged.has(res.statusCode)) return true;
        logged.add(res.statusCode);
        const details = err instanceof Problem ? err.members : { err };
        checks.logger.warn({ ...requestFields(req), ...details }, MISMATCH);
        return true;
      }
    });
  };
}

/** A response without a body. */
const NOTHING = Symbol("no body");
/** A response whose body is not seen, as it was not sent by `res.json`. */
const UNSEEN = Symbol("unseen body");

/**
 * Calls back before the response is sent, with the argument of `res.json`, or what is known of another body.
 * @param mayBeSent Returns whether to send the response; called once.
 */
function beforeResponse(res: Response, mayBeSent: (body: unknown) => boolean): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its response
  const { json, end } = res;
  const ask = (body: unknown): boolean => {
    Object.assign(res, { json, end });
    return mayBeSent(body);
  };
  res.json = (body) => {
    // As the client will see it: a `Date` is text, and `undefined` is absent.
    const isSent = ask(body === undefined ? NOTHING : JSON.parse(JSON.stringify(body)));
    return isSent ? json.call(res, body) : res;
  };
  res.end = ((...args: Parameters<typeof end>) => {
    // Of a response with a type that was not sent by `res.json`, only the head is checked; of a stream, nothing.
    const isChecked = !res.headersSent;
    const body = res.hasHeader("Content-Type") ? UNSEEN : NOTHING;
    return isChecked && !ask(body) ? res : end.apply(res, args);
  }) as typeof end;
}

/** Headers that Express and Node add after the check. */
const ADDED_LATER = /^(etag|content-length|date)$/i;

/** A response's parts, with the schema of its headers. */
type CheckedParts = ResponseParts & { headerSchema: v.GenericSchema | undefined };

function checkedParts(response: Responses[number]): CheckedParts {
  const parts = partsOf(response);
  const entries = Object.entries(parts.headers ?? {}).flatMap(([name, header]) =>
    typeof header === "string" || ADDED_LATER.test(name) ? [] : [[name, header] as const],
  );
  const headerSchema = entries.length > 0 ? v.object(Object.fromEntries(entries)) : undefined;
  return { ...parts, headerSchema };
}

/** @throws Problem 500 that says what does not match. */
function checkResponse(described: CheckedParts | undefined, res: Response, body: unknown): void {
  const { statusCode: status } = res;
  if (body === UNSEEN) return void (described && checkHeaders(described, res));
  if (!described) {
    // Problems that a handler sends itself are not checked.
    if (status >= 400) return;
    throw mismatch(`has the status ${status}, which is not described`);
  }
  checkHeaders(described, res);
  if (described.bodies.length === 0) {
    if (body === NOTHING || status >= 400) return;
    throw mismatch("must have no body");
  }
  const sentType = res.get("Content-Type") ?? "application/json";
  const { bodies } = described;
  // A type such as application/problem+json is JSON, too.
  const match =
    bodies.find((one) => sentType.startsWith(mediaTypeOf(one))) ??
    bodies.find((one) => bodies.length === 1 && !("mediaType" in one));
  if (!match) throw mismatch(`must be ${bodies.map(mediaTypeOf).join(" or ")}`);
  const schema = schemaOf(match);
  if (schema) validate(schema, body === NOTHING ? undefined : body, 500, MISMATCH, byPointer);
}

function checkHeaders({ headerSchema, headers = {} }: CheckedParts, res: Response): void {
  if (!headerSchema) return;
  const sent = Object.keys(headers).flatMap((name) => {
    const value = res.get(name);
    return value === undefined ? [] : [[name, String(value)]];
  });
  validate(headerSchema, Object.fromEntries(sent), 500, MISMATCH, ([header = ""]) => ({ header }));
}

const mismatch = (detail: string): Problem =>
  new Problem(500, MISMATCH, { errors: [{ pointer: "", detail }] });

export const MISMATCH = "The response does not match its route's description.";
