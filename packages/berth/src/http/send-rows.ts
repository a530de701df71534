// Sends rows while they come, such as those of a database: as CSV, or as one JSON value a line.
import type { Response } from "express";
import { createCsvWriter, type CsvOptions } from "./csv";
import { type DownloadOptions, setDownloadHeaders } from "./download-headers";

/** How CSV is sent. */
export interface SendCsvOptions extends CsvOptions, Pick<DownloadOptions, "filename"> {}

/**
 * Responds with rows as CSV: UTF-8, with headings, quoted as in RFC 4180.
 * @param rows Such as `database.stream(…)`. They are read as fast as the client reads, and ended when it leaves.
 * @throws The error of the rows: before the first one, it becomes a response as usual; later it breaks the connection off, so
 *   that no client takes a part for the whole.
 */
export async function sendCsv(
  res: Response,
  rows: AsyncIterable<object>,
  options: SendCsvOptions = {},
): Promise<void> {
  const { filename, ...format } = options;
  const { line, end } = createCsvWriter(format);
  await sendLines(res, rows, { type: "text/csv; charset=utf-8", filename, line, end });
}

/** Responds with rows as newline-delimited JSON. @param rows As of `sendCsv`. @throws As `sendCsv`. */
export async function sendNdjson(
  res: Response,
  rows: AsyncIterable<unknown>,
  { filename }: Pick<DownloadOptions, "filename"> = {},
): Promise<void> {
  const line = (row: unknown): string => `${JSON.stringify(row)}\n`;
  await sendLines(res, rows, { type: "application/x-ndjson", filename, line, end: () => "" });
}

/** How rows become lines. */
interface Format<Row> {
  type: string;
  filename: string | undefined;
  line: (row: Row) => string;
  end: () => string;
}

/** How many characters are sent at once. */
const CHUNK = 65_536;

async function sendLines<Row>(res: Response, rows: AsyncIterable<Row>, format: Format<Row>) {
  const { type, filename, line, end } = format;
  const setHeaders = (): void => {
    if (!res.hasHeader("Cache-Control")) res.set("Cache-Control", "private, no-cache");
    setDownloadHeaders(res, { type, ...(filename !== undefined && { filename }) });
  };
  if (res.req.method === "HEAD") {
    setHeaders();
    return void res.end();
  }
  const iterator = rows[Symbol.asyncIterator]();
  // At once, also while a row is waited for: what makes the rows is to stop.
  const leave = (): void => void iterator.return?.().catch(() => undefined);
  res.once("close", leave);
  let text = "";
  /** Whether a row is waited for. */
  let isWaiting = false;
  let isScheduled = false;

  const flush = (): boolean => {
    if (text === "" || res.destroyed) return true;
    const sent = text;
    text = "";
    return res.write(sent);
  };
  /** Rows that come slowly are sent as they come. */
  const flushSoon = (): void => {
    if (isScheduled || text === "") return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      if (isWaiting) flush();
    });
  };

  try {
    for (let isFirst = true; ; isFirst = false) {
      flushSoon();
      isWaiting = true;
      const next = await iterator.next();
      isWaiting = false;
      if (res.destroyed) throw new ClientLeft();
      // Not before the first row is there: an error until then has a response of its own.
      if (isFirst) setHeaders();
      if (next.done) break;
      text += line(next.value);
      if (text.length >= CHUNK && !flush()) await untilDrained(res);
    }
    res.end(text + end());
  } catch (err) {
    leave();
    throw err;
  } finally {
    res.off("close", leave);
  }
}

/** Resolves when the client has read, or has left. */
function untilDrained(res: Response): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      res.off("drain", done).off("close", done);
      resolve();
    };
    res.on("drain", done).on("close", done);
  });
}

/** The client has left before the end, which is no error of the service: the access log has it. */
class ClientLeft extends Error {
  readonly code = "ERR_STREAM_PREMATURE_CLOSE";

  constructor() {
    super("The client left before all rows were sent.");
  }
}
