// Passes on what another service has: its status, the headers that describe it, and its bytes as fast as they are read.
import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Request, Response } from "express";
import { Problem } from "../request/problem";
import { type DownloadOptions, setDownloadHeaders } from "./download-headers";

/** What a call to the other service needs of the client's request, as options of `stream` of `berth/client`. */
export interface UpstreamConditions {
  method: "GET" | "HEAD";
  /** The conditions and the range of the request. */
  headers: Record<string, string>;
  /** The statuses that `sendUpstream` passes on. */
  accept: readonly number[];
}

/** The other service's response, such as `stream` of `berth/client` resolves with. */
export interface UpstreamResponse {
  status: number;
  headers: IncomingHttpHeaders;
  body: Readable;
}

const CONDITIONS = [
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-unmodified-since",
] as const;

const RANGE = ["range", "if-range"] as const;

/** The headers that describe content. Others are the service's own, such as `Set-Cookie`. */
const PASSED = [
  "accept-ranges",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-length",
  "content-range",
  "content-type",
  "etag",
  "expires",
  "last-modified",
] as const;

/** An error body that is read to its end, so that its connection can be used again, in bytes. */
const SMALL = 65_536;

/**
 * Responds with what another service has. A client that leaves ends the call, and a service that breaks off breaks the
 * client's connection off: the client never takes a part for the whole.
 * @param open Calls the service: `(conditions) => files.stream({ path, ...conditions })`.
 * @throws Problem 404, 412 or 416 when the service responds so; what `open` throws; the body's error.
 */
export async function sendUpstream(
  res: Response,
  open: (conditions: UpstreamConditions) => Promise<UpstreamResponse>,
  options: DownloadOptions = {},
): Promise<void> {
  const { status, headers, body } = await open(conditionsOf(res.req));
  const problem = problemOf(status, headers);
  if (problem) {
    discard(body, headers);
    throw problem;
  }
  for (const name of PASSED) {
    const value = headers[name];
    if (value !== undefined && !res.hasHeader(name)) res.set(name, value);
  }
  setDownloadHeaders(res, options);
  res.status(status);
  // From Node 24 on, pipeline leaves the body alone if the client has left already.
  if (res.destroyed) body.destroy();
  if (status !== 304 && res.req.method !== "HEAD") return pipeline(body, res);
  discard(body, headers);
  res.end();
}

function conditionsOf(req: Request): UpstreamConditions {
  const isHead = req.method === "HEAD";
  const names = isHead ? CONDITIONS : [...CONDITIONS, ...RANGE];
  const given = names.map((name) => [name, req.get(name)] as const);
  return {
    method: isHead ? "HEAD" : "GET",
    headers: Object.fromEntries(given.filter((pair): pair is [never, string] => Boolean(pair[1]))),
    accept: [304, 404, 412, 416],
  };
}

function problemOf(status: number, headers: IncomingHttpHeaders): Problem | undefined {
  if (status === 404) return new Problem(404, "There is no such file.");
  if (status === 412) return new Problem(412, "The file has changed.");
  if (status !== 416) return undefined;
  const range = headers["content-range"];
  const header = range === undefined ? undefined : { "Content-Range": range };
  return new Problem(416, "The file is not that long.", {}, header);
}

/** Leaves a body unread. */
function discard(body: Readable, headers: IncomingHttpHeaders): void {
  body.on("error", () => undefined);
  const isSmall = Number(headers["content-length"] ?? Infinity) <= SMALL;
  if (isSmall || body.readableEnded) body.resume();
  else body.destroy();
}
