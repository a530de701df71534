// Lends database connections: a few of them, to as many as they can serve in time.
import { AsyncResource } from "node:async_hooks";
import type { Client } from "pg";

/** How connections are made and lent. */
export interface PoolOptions {
  /** The most connections that are open at once. */
  size: number;
  /** How long to wait for a connection, in milliseconds. */
  waitMs: number;
  connect: () => Promise<Client>;
  /** Called when a connection breaks while nobody uses it; it is dropped already. */
  onIdleError: (err: Error) => void;
}

/** A pool of connections. */
export interface ConnectionPool {
  /**
   * A connection of one's own until it is given back; at once when one is idle.
   * @throws Error when none is free in time, too many wait already, or none can be opened.
   */
  lend(): Client | Promise<Client>;
  /** @param isIntact Whether the connection can be used again; it is closed otherwise. */
  giveBack(client: Client, isIntact: boolean): void;
  /** Closes those that are idle now, and those that are lent when they come back; not more often than each 5 s. */
  renew(): void;
  /** Whether connections are open, and all of them lent. */
  isBusy(): boolean;
  /** When a connection last came back intact: the server has answered by then. */
  lastAnswerAt(): number;
  /** Resolves when every connection has come back and is closed. */
  close(): Promise<void>;
}

/**
 * How many may wait for each connection. Statements that take 20 ms serve this many in the default time to wait, 2 s:
 * who comes later would wait in vain, and make the others' answers late.
 */
const WAITING_PER_CONNECTION = 100;

/** How long a connection that nobody needs stays open, in milliseconds. */
const IDLE_MS = 10_000;

/** How long connections are kept after the last renewal: a server that stays as it is would cost a connection each time. */
const RENEW_MS = 5000;

/** How long no further connection is tried for after one was refused, while those that are open can serve, in milliseconds. */
const REST_MS = 1000;

interface Waiter {
  resolve: (client: Client) => void;
  reject: (err: unknown) => void;
  timer?: NodeJS.Timeout;
}

/** Creates a pool; it opens its connections when they are needed. */
export function createConnectionPool(options: PoolOptions): ConnectionPool {
  const { size, waitMs, connect, onIdleError } = options;
  /** No connection belongs to the request that was the first to need it: what is logged of one names none. */
  const ownContext = new AsyncResource("ConnectionPool");
  const maxWaiting = size * WAITING_PER_CONNECTION;
  /** Lent or idle. */
  const open = new Set<Client>();
  const outdated = new WeakSet<Client>();
  /** The one that was used last is at the end, and lent next. */
  const idle: { client: Client; since: number }[] = [];
  const waiting = new Set<Waiter>();
  let connecting = 0;
  let restUntil = 0;
  let keepUntil = 0;
  let lastAnswerAt = -Infinity;
  let sweeping: NodeJS.Timeout | undefined;
  let onEmpty: (() => void) | undefined;

  function lend(): Client | Promise<Client> {
    const client = idle.pop()?.client;
    if (client) return client;
    if (onEmpty) throw new Error("the pool is closed");
    if (waiting.size >= maxWaiting) {
      throw new Error(`${maxWaiting} already wait for one of ${size} connections`);
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { resolve, reject };
      waiting.add(waiter);
      grow();
      waiter.timer = setTimeout(() => {
        waiting.delete(waiter);
        reject(new Error(`no connection was free within ${waitMs} ms`));
      }, waitMs);
    });
  }

  function nextWaiter(): Waiter | undefined {
    const [waiter] = waiting;
    if (!waiter) return undefined;
    clearTimeout(waiter.timer);
    waiting.delete(waiter);
    return waiter;
  }

  /** Opens a connection for somebody who waits, when there is room. */
  function grow(): void {
    if (open.size + connecting >= size || connecting >= waiting.size) return;
    if (open.size > 0 && performance.now() < restUntil) return;
    connecting += 1;
    ownContext
      .runInAsyncScope(connect)
      .finally(() => (connecting -= 1))
      .then(admit, fail);
  }

  function admit(client: Client): void {
    open.add(client);
    client.on("error", (err) => lose(client, err));
    serve(client, performance.now());
  }

  /** What is open will be free again; when nothing is, all would wait in vain. */
  function fail(err: unknown): void {
    restUntil = performance.now() + REST_MS;
    if (open.size > 0) return;
    do nextWaiter()?.reject(err);
    while (connecting === 0 && waiting.size > 0);
    settle();
  }

  function giveBack(client: Client, isIntact: boolean): void {
    if (!isIntact) return drop(client);
    lastAnswerAt = performance.now();
    if (outdated.has(client)) drop(client);
    else serve(client, lastAnswerAt);
  }

  function serve(client: Client, now: number): void {
    const waiter = nextWaiter();
    if (waiter) return waiter.resolve(client);
    if (onEmpty) return drop(client);
    idle.push({ client, since: now });
    sweeping ??= setTimeout(sweep, IDLE_MS).unref();
  }

  function sweep(): void {
    const before = performance.now() - IDLE_MS;
    const kept = idle.findIndex(({ since }) => since > before);
    for (const { client } of idle.splice(0, kept < 0 ? idle.length : kept)) drop(client);
    sweeping = idle.length > 0 ? setTimeout(sweep, IDLE_MS).unref() : undefined;
  }

  /** One that breaks while it is lent rejects its statement, and comes back. */
  function lose(client: Client, err: Error): void {
    const index = idle.findIndex((item) => item.client === client);
    if (index < 0) return;
    idle.splice(index, 1);
    drop(client);
    onIdleError(err);
  }

  function drop(client: Client): void {
    open.delete(client);
    void client.end().catch(() => undefined);
    grow();
    settle();
  }

  function settle(): void {
    if (open.size + connecting === 0) onEmpty?.();
  }

  function renew(): void {
    if (performance.now() < keepUntil) return;
    keepUntil = performance.now() + RENEW_MS;
    for (const client of open) outdated.add(client);
    for (const { client } of idle.splice(0)) drop(client);
  }

  function close(): Promise<void> {
    return new Promise((resolve) => {
      onEmpty = resolve;
      clearTimeout(sweeping);
      for (const { client } of idle.splice(0)) drop(client);
      settle();
    });
  }

  return {
    lend,
    giveBack,
    renew,
    close,
    isBusy: () => idle.length === 0 && open.size > 0,
    lastAnswerAt: () => lastAnswerAt,
  };
}
