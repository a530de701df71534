// Sends a file: whole, in part, or not at all if the client has it already.
import type { BigIntStats } from "node:fs";
import { constants, type FileHandle, open } from "node:fs/promises";
import { extname, isAbsolute } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Request, Response } from "express";
import { Problem } from "../request/problem";
import { type DownloadOptions, setDownloadHeaders } from "./download-headers";

/** How a file is sent. */
export interface SendFileOptions extends DownloadOptions {
  /** A strong entity tag, with its quotes, such as a hash of the content; by default it is made of size and change time. */
  etag?: string;
}

/** For how long after a change there may be another one with the same time, in milliseconds. */
const SETTLING_MS = 1000;

/**
 * Responds with a file. It is opened once, so that tag, length and bytes are those of one file even while it is replaced.
 * @param path An absolute path, without anything that a client has sent.
 * @throws Problem 404 when there is no such file, 412 and 416 when the request's conditions cannot be met; Error when the
 *   file becomes shorter while it is sent, which breaks the connection off.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2 for the order of conditions
 */
export async function sendFile(
  res: Response,
  path: string,
  options: SendFileOptions = {},
): Promise<void> {
  if (!isAbsolute(path)) throw new TypeError(`The path of the file must be absolute: ${path}`);
  const file = await openFile(path);
  try {
    const stat = await file.stat({ bigint: true });
    if (!stat.isFile()) throw notFound();
    const { req } = res;
    const size = Number(stat.size);
    setDownloadHeaders(res, options);
    if (!res.hasHeader("Content-Type")) res.type(extname(path) || "bin");
    res.set({
      ETag: options.etag ?? tagOf(stat),
      "Last-Modified": new Date(Math.min(Number(stat.mtimeMs), Date.now())).toUTCString(),
      "Accept-Ranges": "bytes",
    });
    if (!isAsExpected(req, res)) throw new Problem(412, "The file has changed.");
    if (req.fresh) {
      res.removeHeader("Content-Type");
      return void res.status(304).end();
    }
    const [start, end] = rangeOf(req, res, size) ?? [0, size - 1];
    const length = end - start + 1;
    if (length < size) {
      res.status(206).set("Content-Range", `bytes ${start}-${end}/${size}`);
    }
    res.set("Content-Length", String(length));
    if (req.method === "HEAD" || length === 0) return void res.end();
    const source = file.createReadStream({ start, end, autoClose: false });
    await pipeline(source, res, { end: false });
    // The client would take the next response for the rest.
    if (source.bytesRead < length) throw new Error(`${path} became shorter while it was sent`);
    res.end();
  } finally {
    await file.close();
  }
}

const notFound = (): Problem => new Problem(404, "There is no such file.");

/** Opening a named pipe must not wait for a writer. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, FLAGS);
  } catch (err) {
    const { code = "" } = err as NodeJS.ErrnoException;
    throw /^(ENOENT|ENOTDIR|EISDIR|ENAMETOOLONG|ENXIO)$/.test(code) ? notFound() : err;
  }
}

/**
 * The change time, as a copy may have the modification time of its original. Weak while a file may change again within the
 * same tick of the file system's clock, as in Apache.
 */
function tagOf({ size, ctimeNs, ctimeMs }: BigIntStats): string {
  const tag = `"${size.toString(36)}-${ctimeNs.toString(36)}"`;
  return Date.now() - Number(ctimeMs) > SETTLING_MS ? tag : `W/${tag}`;
}

/** If-Match and If-Unmodified-Since. @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1 */
function isAsExpected(req: Request, res: Response): boolean {
  const match = req.get("If-Match");
  if (match !== undefined) {
    return match === "*" || match.split(/ *, */).some((tag) => isSame(tag, res.get("ETag")));
  }
  const unmodifiedSince = Date.parse(req.get("If-Unmodified-Since") ?? "");
  // A date that cannot be parsed is ignored.
  return !(Date.parse(String(res.get("Last-Modified"))) > unmodifiedSince);
}

/** The strong comparison. @see https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3.2 */
const isSame = (tag: string, etag = ""): boolean => tag === etag && !tag.startsWith("W/");

/**
 * The first and last byte of the requested part; undefined for all of it, also for several parts.
 * @throws Problem 416
 */
function rangeOf(req: Request, res: Response, size: number): [number, number] | undefined {
  if (req.method !== "GET") return undefined;
  const condition = req.get("If-Range");
  const isCurrent =
    condition === undefined ||
    isSame(condition, res.get("ETag")) ||
    condition === res.get("Last-Modified");
  const ranges = isCurrent ? req.range(size) : undefined;
  if (ranges === -1) {
    const header = { "Content-Range": `bytes */${size}` };
    throw new Problem(416, "The file is not that long.", {}, header);
  }
  if (typeof ranges !== "object" || ranges.type !== "bytes" || ranges.length !== 1)
    return undefined;
  const [range] = ranges;
  return range && [range.start, range.end];
}
