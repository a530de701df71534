// Sends a stream of server-sent events, until it ends, the client leaves, or the process drains.
import type { Request, Response } from "express";
import { workSignal } from "../process/work-signal";
import type { EventOf, EventSchemas, EventStream } from "../schema/event-stream";
import { byPointer, validate } from "../schema/validate";
import { areMismatchesRefused, MISMATCH } from "./response-checks";

/** What a source of events is given. */
export interface EventRequest {
  /** Aborted when no more events can be sent: the client has left, or the process drains. */
  signal: AbortSignal;
  /** The id of the last event that a client has received that reconnects. Any text: the client chooses it. */
  lastEventId: string | undefined;
}

/** How events are sent. */
export interface SendEventsOptions {
  /** Aborted when the process is about to end. */
  draining: AbortSignal;
  /** How long nothing is sent before a comment is, which keeps proxies from closing the connection, in milliseconds; 15 s by default. */
  heartbeatMs?: number;
  /** How long a client waits before it reconnects, in milliseconds; the client's choice by default, about 3 s. */
  retryMs?: number;
}

/**
 * Responds with a stream of events; resolves when it has ended. No event is taken from the source while the client reads
 * slower than events come. At a drain the stream ends, and clients reconnect, to another process.
 * @param source Begins after `lastEventId`, if it can. Its iterator is closed when the stream ends early.
 * @throws Whatever the source throws: the connection breaks then, so that clients reconnect. TypeError for an event that the stream
 *   does not describe, or an id with a line break; Problem 500 for data that does not match, where mismatches are refused.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function sendEvents<E extends EventSchemas>(
  res: Response,
  stream: EventStream<E>,
  source: (request: EventRequest) => AsyncIterable<EventOf<E>>,
  { draining, heartbeatMs = 15_000, retryMs }: SendEventsOptions,
): Promise<void> {
  const { req } = res;
  const over = new AbortController();
  res.once("close", () => over.abort());
  if (res.closed || res.destroyed) over.abort();
  const signal = workSignal(over.signal, draining);
  const isChecked = areMismatchesRefused(req.app);
  // no-transform: a proxy or middleware that compresses would hold events back, as nginx does unless it is told.
  res.set({
    "Content-Type": stream.mediaType,
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",
  });
  if (req.method === "HEAD") return void res.end();
  res.flushHeaders();
  if (retryMs !== undefined) res.write(`retry: ${retryMs}\n\n`);
  const heartbeat = setInterval(() => {
    if (!res.writableNeedDrain) res.write(":\n\n");
  }, heartbeatMs);
  try {
    for await (const event of untilAborted(
      source({ signal, lastEventId: lastIdOf(req) }),
      signal,
    )) {
      heartbeat.refresh();
      if (!res.write(textOf(stream, event, isChecked))) await drained(res, signal);
    }
    res.end();
  } finally {
    clearInterval(heartbeat);
    over.abort();
  }
}

const lastIdOf = (req: Request): string | undefined => req.get("Last-Event-ID");

/**
 * Yields until the signal is aborted, also while the next item is awaited.
 * `Promise.race` with one promise for the whole stream would keep every item in memory.
 */
async function* untilAborted<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  let stop: () => void = () => undefined;
  const onAbort = (): void => stop();
  signal.addEventListener("abort", onAbort);
  try {
    while (!signal.aborted) {
      const next = await new Promise<IteratorResult<T> | undefined>((resolve, reject) => {
        stop = () => resolve(undefined);
        iterator.next().then(resolve, reject);
      });
      if (next === undefined || next.done) return;
      yield next.value;
    }
  } catch (err) {
    // What fails because the signal was aborted is no failure.
    if (!signal.aborted) throw err;
  } finally {
    signal.removeEventListener("abort", onAbort);
    // Not awaited: an iterator that ignores the signal may never return.
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

/** Resolves when the response can be written to, or nothing more is to be sent. */
const drained = (res: Response, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      res.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    res.on("drain", done);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });

function textOf<E extends EventSchemas>(
  { events }: EventStream<E>,
  { event, data, id }: EventOf<E>,
  isChecked: boolean,
): string {
  const schema = Object.hasOwn(events, event) ? events[event] : undefined;
  if (!schema) throw new TypeError(`The stream describes no event ${JSON.stringify(event)}.`);
  if (id !== undefined && /[\r\n\0]/.test(id))
    throw new TypeError("The id of an event must have no line breaks.");
  const json = JSON.stringify(data);
  if (isChecked) validate(schema, JSON.parse(json), 500, MISMATCH, byPointer);
  return `event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}data: ${json}\n\n`;
}
