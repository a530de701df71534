// Lets a client safely retry a request that must run only once (`Idempotency-Key`), after a timeout or a broken connection.
import { createHash } from "node:crypto";
import { ServerResponse } from "node:http";
import type { Request, Response } from "express";
import { idempotencyUsed, type IdempotencyEvent } from "../process/channels";
import { Problem } from "../request/problem";

/** A response that can be stored as JSON. */
export interface IdempotentResponse {
  status: number;
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; no body without it. */
  body?: unknown;
}

/** Runs work once for each key. @template Db The argument of work: a transaction, if there is a key. */
export type RunOnce<Db> = (
  request: { key: string; fingerprint: string } | undefined,
  work: (db: Db) => Promise<IdempotentResponse>,
) => Promise<{ response: IdempotentResponse; isRepeated: boolean }>;

/** The parts of a request that identify it, whatever its type parameters. */
type KeyedRequest = Pick<Request, "get" | "method" | "originalUrl" | "body">;

/** Options for idempotency keys. */
export interface IdempotentOptions {
  /** The owner of the key, such as the user's id, so that another client with the same key is independent of it. */
  client?: string;
}

/**
 * Responds with the result of the work, and with the same result when the request is repeated with its
 * `Idempotency-Key`. Call it after reading the body: the method, the URL and `req.body` identify a repeated request.
 * @throws Problem 400 for a malformed key; what `once` throws; TypeError or RangeError when the response's status or a
 *   header is invalid, and nothing is stored then.
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
export async function idempotent<Db>(
  once: RunOnce<Db>,
  req: KeyedRequest,
  res: Response,
  work: (db: Db) => Promise<IdempotentResponse>,
  { client = "" }: IdempotentOptions = {},
): Promise<void> {
  const key = keyOf(req);
  const request =
    key === undefined
      ? undefined
      : { key: `${key} ${digestOf(client)}`, fingerprint: fingerprintOf(req) };
  const publish = (result: IdempotencyEvent["result"]): void => {
    if (request && idempotencyUsed.hasSubscribers) idempotencyUsed.publish({ result });
  };
  const { response, isRepeated } = await once(request, async (db) => {
    const made = await work(db);
    checkHead(made, res);
    return made;
  }).catch((err: unknown) => {
    publish("failed");
    throw err;
  });
  publish(isRepeated ? "repeated" : "first");
  res.status(response.status).set(response.headers ?? {});
  if (isRepeated) res.set("Idempotent-Replayed", "true");
  if (response.body === undefined) res.end();
  else res.json(response.body);
}

/** The draft quotes the key, many clients do not. */
const KEY = /^("?)([\x21\x23-\x7e]{1,255})\1$/;

function keyOf(req: KeyedRequest): string | undefined {
  const header = req.get("Idempotency-Key");
  if (header === undefined) return undefined;
  const key = KEY.exec(header)?.[2];
  if (key === undefined) throw new Problem(400, MALFORMED_KEY);
  return key;
}

const MALFORMED_KEY =
  "The Idempotency-Key must be 1 to 255 ASCII characters without spaces or quotes.";

const fingerprintOf = ({ method, originalUrl, body }: KeyedRequest): string =>
  hash([method, originalUrl, body]);

/** Hashed, so that a client id of any length, with any characters, fits into the stored key. */
const digestOf = (client: string): string => client && hash(client);

const hash = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("base64");

/**
 * Fails while the work can still be rolled back: a stored response that cannot be sent would fail every retry, too.
 * @throws TypeError or RangeError, as Node does, for an invalid status or header.
 */
function checkHead({ status, headers }: IdempotentResponse, { req }: Response): void {
  new ServerResponse(req).writeHead(status, { ...headers, "Content-Length": "0" });
}
