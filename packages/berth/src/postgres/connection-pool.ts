// A database connection pool with a bounded queue: a caller that could not be served in time fails at once.
import { AsyncResource } from "node:async_hooks";
import type { Client } from "pg";
import { poolCreated, poolWait } from "../process/channels";

/** The options of a connection pool. */
export interface PoolOptions {
  /** The most open connections. */
  size: number;
  /** How long to wait for a connection, in milliseconds. */
  waitMs: number;
  connect: () => Promise<Client>;
  /** Called when an idle connection breaks, after it was dropped. */
  onIdleError: (err: Error) => void;
}

/** A connection pool. */
export interface ConnectionPool {
  /**
   * Takes a connection for exclusive use, synchronously if one is idle.
   * @throws Error when none is free in time, the queue is full, or no connection can be opened.
   */
  acquire(): Client | Promise<Client>;
  /** Returns a connection. @param isIntact Whether it can be reused; otherwise it is closed. */
  release(client: Client, isIntact: boolean): void;
  /** Closes idle connections now and others when they are released, as after a failover; at most once in 5 s. */
  renew(): void;
  /** Whether connections are open and all of them in use. */
  isBusy(): boolean;
  /** When a connection was last released intact, and the server had responded; on the clock of `performance.now`. */
  lastResponseAt(): number;
  /** Resolves when every connection was released and is closed. */
  close(): Promise<void>;
}

/**
 * The most waiting callers per connection. With statements of 20 ms, a connection serves this many in the default wait of
 * 2 s: further ones would time out, and only delay the others.
 */
const WAITING_PER_CONNECTION = 100;

/** How long an idle connection stays open, in milliseconds. */
const IDLE_MS = 10_000;

/** The shortest time between two renewals, in milliseconds: each write on a server that stays read-only asks for one. */
const RENEWAL_INTERVAL_MS = 5000;

/** The back-off after a failed connect while other connections are open, in milliseconds. */
const BACK_OFF_MS = 1000;

interface Waiter {
  resolve: (client: Client) => void;
  reject: (err: unknown) => void;
  timer?: NodeJS.Timeout;
  since: number;
}

/** Creates a pool, which opens connections on demand. */
export function createConnectionPool(options: PoolOptions): ConnectionPool {
  const { size, waitMs, connect, onIdleError } = options;
  /** Opens connections outside of a request's AsyncLocalStorage context: log lines about them must not name the request. */
  const noContext = new AsyncResource("ConnectionPool");
  const maxWaiting = size * WAITING_PER_CONNECTION;
  /** In use or idle. */
  const open = new Set<Client>();
  /** To be closed when they are released. */
  const outdated = new WeakSet<Client>();
  /** A stack: the one that was used last is taken next, and the others can time out. */
  const idle: { client: Client; since: number }[] = [];
  const waiting = new Set<Waiter>();
  let connecting = 0;
  let backOffUntil = 0;
  let noRenewalUntil = 0;
  let lastResponseAt = -Infinity;
  let idleTimer: NodeJS.Timeout | undefined;
  /** Set when the pool is closed. */
  let onEmpty: (() => void) | undefined;

  function acquire(): Client | Promise<Client> {
    const client = idle.pop()?.client;
    if (client) return client;
    if (onEmpty) throw new Error("the pool is closed");
    if (waiting.size >= maxWaiting) {
      throw new Error(`${maxWaiting} callers are already waiting for ${size} connections`);
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { resolve, reject, since: performance.now() };
      waiting.add(waiter);
      openOne();
      waiter.timer = setTimeout(() => {
        waiting.delete(waiter);
        publishWait(waiter, false);
        reject(new Error(`no connection became free within ${waitMs} ms`));
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

  /** Opens a connection if a caller waits for one and the pool is not full. */
  function openOne(): void {
    if (open.size + connecting >= size || connecting >= waiting.size) return;
    if (open.size > 0 && performance.now() < backOffUntil) return;
    connecting += 1;
    noContext
      .runInAsyncScope(connect)
      .finally(() => (connecting -= 1))
      .then(onConnected, onConnectFailed);
  }

  function onConnected(client: Client): void {
    open.add(client);
    client.on("error", (err) => onBroken(client, err));
    serve(client, performance.now());
  }

  /** Waiting callers fail if no connection is open that could become free: one, or all if no other is being opened. */
  function onConnectFailed(err: unknown): void {
    backOffUntil = performance.now() + BACK_OFF_MS;
    if (open.size > 0) return;
    do nextWaiter()?.reject(err);
    while (connecting === 0 && waiting.size > 0);
    endIfEmpty();
  }

  function release(client: Client, isIntact: boolean): void {
    if (!isIntact) return drop(client);
    lastResponseAt = performance.now();
    if (outdated.has(client)) drop(client);
    else serve(client, lastResponseAt);
  }

  function serve(client: Client, now: number): void {
    const waiter = nextWaiter();
    if (waiter) {
      publishWait(waiter, true);
      return waiter.resolve(client);
    }
    if (onEmpty) return drop(client);
    idle.push({ client, since: now });
    idleTimer ??= setTimeout(dropIdle, IDLE_MS).unref();
  }

  /** Closes connections that were idle for long; a connection stays at most twice as long. */
  function dropIdle(): void {
    const before = performance.now() - IDLE_MS;
    const kept = idle.findIndex(({ since }) => since > before);
    for (const { client } of idle.splice(0, kept < 0 ? idle.length : kept)) drop(client);
    idleTimer = idle.length > 0 ? setTimeout(dropIdle, IDLE_MS).unref() : undefined;
  }

  /** A connection that breaks in use rejects its statement, and its caller releases it. */
  function onBroken(client: Client, err: Error): void {
    const index = idle.findIndex((item) => item.client === client);
    if (index < 0) return;
    idle.splice(index, 1);
    drop(client);
    onIdleError(err);
  }

  function drop(client: Client): void {
    open.delete(client);
    void client.end().catch(() => undefined);
    openOne();
    endIfEmpty();
  }

  function endIfEmpty(): void {
    if (open.size + connecting === 0) onEmpty?.();
  }

  function renew(): void {
    if (performance.now() < noRenewalUntil) return;
    noRenewalUntil = performance.now() + RENEWAL_INTERVAL_MS;
    for (const client of open) outdated.add(client);
    for (const { client } of idle.splice(0)) drop(client);
  }

  function close(): Promise<void> {
    return new Promise((resolve) => {
      onEmpty = resolve;
      clearTimeout(idleTimer);
      for (const { client } of idle.splice(0)) drop(client);
      endIfEmpty();
    });
  }

  if (poolCreated.hasSubscribers) {
    poolCreated.publish({
      stats: () =>
        onEmpty ? undefined : { size, open: open.size, idle: idle.length, waiting: waiting.size },
    });
  }
  return {
    acquire,
    release,
    renew,
    close,
    isBusy: () => idle.length === 0 && open.size > 0,
    lastResponseAt: () => lastResponseAt,
  };
}

function publishWait({ since }: Waiter, isServed: boolean): void {
  if (poolWait.hasSubscribers)
    poolWait.publish({ durationMs: performance.now() - since, isServed });
}
