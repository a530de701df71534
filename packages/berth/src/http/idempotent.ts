// Lets a client send a request again that must be carried out once: after a time-out, or a broken connection.
import { createHash } from "node:crypto";
import { ServerResponse } from "node:http";
import type { Request, Response } from "express";
import { Problem } from "./problem";

/** What a request is answered with; all of it can be JSON. */
export interface Answer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  /** Nothing is sent without it. */
  body?: unknown;
}

/** What runs work once for each key. @template Db What work is given: a transaction, where there is a key. */
export type RunOnce<Db> = (
  request: { key: string; fingerprint: string } | undefined,
  work: (db: Db) => Promise<Answer>,
) => Promise<{ answer: Answer; isRepeated: boolean }>;

/** What is looked at, whatever types the rest of a request has. */
type KeyedRequest = Pick<Request, "get" | "method" | "originalUrl" | "body">;

/** How a route takes keys. */
export interface IdempotentOptions {
  /** Whose key it is, such as the user's id: another client with the same key then gets nothing of it. */
  client?: string;
}

/**
 * Answers with what the work resolves with, and again with that when the request comes again with its `Idempotency-Key`.
 * Call it when the body has been read: the method, the URL and `req.body` tell whether the request is the same.
 * @throws Problem 400 for a malformed key; what `once` throws; TypeError or RangeError when the answer's status or a
 *   header cannot be sent, and nothing is kept then.
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
export async function idempotent<Db>(
  once: RunOnce<Db>,
  req: KeyedRequest,
  res: Response,
  work: (db: Db) => Promise<Answer>,
  { client = "" }: IdempotentOptions = {},
): Promise<void> {
  const key = keyOf(req);
  const request = key && { key: `${key} ${digestOf(client)}`, fingerprint: fingerprintOf(req) };
  const { answer, isRepeated } = await once(request || undefined, async (db) => {
    const made = await work(db);
    checkHead(made, res);
    return made;
  });
  res.status(answer.status).set(answer.headers ?? {});
  if (isRepeated) res.set("Idempotent-Replayed", "true");
  if (answer.body === undefined) res.end();
  else res.json(answer.body);
}

/** The draft has it in quotes, and many clients do not. */
const KEY = /^("?)([\x21\x23-\x7e]{1,255})\1$/;

function keyOf(req: KeyedRequest): string | undefined {
  const header = req.get("Idempotency-Key");
  if (header === undefined) return undefined;
  const key = KEY.exec(header)?.[2];
  if (key === undefined) throw new Problem(400, NO_KEY);
  return key;
}

const NO_KEY =
  "The Idempotency-Key must be 1 to 255 characters of ASCII, without spaces and quotes.";

const fingerprintOf = ({ method, originalUrl, body }: KeyedRequest): string =>
  hash([method, originalUrl, body]);

/** Of any length, and with characters that PostgreSQL does not store, a client's id still makes a key. */
const digestOf = (client: string): string => client && hash(client);

const hash = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("base64");

/**
 * Fails while the work can still be undone: an answer that was kept and cannot be sent would fail each repetition, too.
 * @throws TypeError or RangeError, as Node does, for a status or a header that cannot be sent.
 */
function checkHead({ status, headers }: Answer, { req }: Response): void {
  new ServerResponse(req).writeHead(status, { ...headers, "Content-Length": "0" });
}
