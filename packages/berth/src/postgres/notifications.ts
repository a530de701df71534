// Listens to channels of PostgreSQL (LISTEN, NOTIFY) on one connection, which is opened again whenever it breaks.
import { AsyncResource } from "node:async_hooks";
import type { Client } from "pg";
import type { Logger } from "pino";
import { createRestartBackOff } from "../process/back-off";

/**
 * Listens to a channel until the signal is aborted, the loop is left or the database is closed, and yields the payload of each
 * notification. It yields null once it listens, and again after each outage or when more than 1000 payloads were not read in
 * time: some may have been missed, so read again what you watch. All channels share one connection besides the pool's.
 * @throws TypeError when the name of the channel is empty or longer than 63 bytes.
 * @see https://www.postgresql.org/docs/current/sql-notify.html
 */
export type Listen = (channel: string, signal?: AbortSignal) => AsyncIterable<string | null>;

/**
 * What notifications need from the database.
 * @internal
 */
export interface NotificationsOptions {
  open: () => Promise<Client>;
  logger: Pick<Logger, "info" | "warn">;
}

/** PostgreSQL cuts longer names, in bytes: notifications would have another channel. */
const MAX_NAME_BYTES = 63;

/** The most payloads that wait for their reader; each has up to 8000 bytes. */
const MAX_WAITING = 1000;

/** How often a quiet connection is tried, in milliseconds: a network that drops it silently would never be noticed. */
const HEARTBEAT_MS = 30_000;

interface Listener {
  channel: string;
  push: (payload: string | null) => void;
  end: () => void;
}

/**
 * Creates what listens for one database.
 * @internal
 */
export function createNotifications({ open, logger }: NotificationsOptions): {
  listen: Listen;
  close: () => Promise<void>;
} {
  /** Log lines about the connection must not name the request that was the first to listen. */
  const noContext = new AsyncResource("Notifications");
  const listeners = new Set<Listener>();
  /** Runs a statement on the connection after those before; undefined while there is none. */
  let send: ((text: string) => Promise<unknown>) | undefined;
  let running: Promise<void> | undefined;
  let fail: (err: unknown) => void = () => undefined;
  let onUnused: () => void = () => undefined;

  const hasListeners = (channel: string): boolean =>
    [...listeners].some((listener) => listener.channel === channel);

  function begin(channel: string): void {
    send?.(`LISTEN ${quoted(channel)}`).then(() => {
      for (const listener of listeners) if (listener.channel === channel) listener.push(null);
    }, fail);
  }

  /** Resolves when nobody listens any more. @throws What has ended the connection. */
  async function receive(on: Client, onListening: () => void): Promise<void> {
    let sent: Promise<unknown> = Promise.resolve();
    send = (text) => (sent = sent.then(() => on.query(text)));
    const heartbeat = setInterval(() => void send?.("SELECT 1").catch(fail), HEARTBEAT_MS);
    try {
      await new Promise<void>((resolve, reject) => {
        [onUnused, fail] = [resolve, reject];
        on.on("error", reject).on("end", () =>
          reject(new Error("the server closed the connection")),
        );
        on.on("notification", ({ channel, payload = "" }) => {
          for (const listener of listeners)
            if (listener.channel === channel) listener.push(payload);
        });
        for (const channel of new Set([...listeners].map((listener) => listener.channel)))
          begin(channel);
        send?.("SELECT 1").then(onListening, reject);
        if (listeners.size === 0) resolve();
      });
    } finally {
      clearInterval(heartbeat);
      send = undefined;
      void on.end().catch(() => undefined);
    }
  }

  async function run(): Promise<void> {
    const backOff = createRestartBackOff();
    let isDown = false;
    while (listeners.size > 0) {
      const startedAt = performance.now();
      try {
        await receive(await open(), () => {
          if (isDown) logger.info("notifications of the database are received again");
          isDown = false;
        });
      } catch (err) {
        if (!isDown) logger.warn({ err }, "notifications of the database are not received");
        isDown = true;
        await pause(backOff.delayAfter(performance.now() - startedAt));
      }
    }
  }

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      onUnused = () => {
        clearTimeout(timer);
        resolve();
      };
      if (listeners.size === 0) onUnused();
    });

  function start(): void {
    running ??= noContext.runInAsyncScope(run).finally(() => {
      running = undefined;
      if (listeners.size > 0) start();
    });
  }

  function join(listener: Listener): void {
    const isFirst = !hasListeners(listener.channel);
    listeners.add(listener);
    if (!send) start();
    else if (isFirst) begin(listener.channel);
    else listener.push(null);
  }

  function leave(listener: Listener): void {
    listeners.delete(listener);
    if (listeners.size === 0) onUnused();
    else if (!hasListeners(listener.channel))
      send?.(`UNLISTEN ${quoted(listener.channel)}`).catch(fail);
  }

  return {
    listen(channel, signal) {
      const bytes = Buffer.byteLength(channel);
      if (bytes === 0 || bytes > MAX_NAME_BYTES)
        throw new TypeError(`The name of a channel has 1 to ${MAX_NAME_BYTES} bytes, not ${bytes}`);
      return { [Symbol.asyncIterator]: () => createListener(channel, signal, { join, leave }) };
    },
    async close() {
      for (const listener of listeners) listener.end();
      await running;
    },
  };
}

function createListener(
  channel: string,
  signal: AbortSignal | undefined,
  { join, leave }: Record<"join" | "leave", (listener: Listener) => void>,
): AsyncIterator<string | null, undefined> {
  let waiting: (string | null)[] = [];
  let isOver = signal?.aborted ?? false;
  let wake: () => void = () => undefined;
  const listener: Listener = {
    channel,
    push(payload) {
      // Whoever reads null reads everything again, also what the others were about.
      if (payload === null || waiting.length >= MAX_WAITING) waiting = [null];
      else waiting.push(payload);
      wake();
    },
    end() {
      if (isOver) return;
      isOver = true;
      signal?.removeEventListener("abort", listener.end);
      leave(listener);
      wake();
    },
  };
  if (!isOver) {
    signal?.addEventListener("abort", listener.end);
    join(listener);
  }
  return {
    async next() {
      for (;;) {
        if (isOver) return { done: true, value: undefined };
        const payload = waiting.shift();
        if (payload !== undefined) return { done: false, value: payload };
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    return() {
      listener.end();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
