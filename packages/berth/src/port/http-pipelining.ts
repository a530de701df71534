// Queues pipelined requests: a connection has one request in progress, and the others wait.
import { AsyncResource } from "node:async_hooks";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** While more requests than this wait, their connection is not read, so the client gets backpressure. */
const READ_AHEAD = 8;

/**
 * How many requests may wait on all connections together. Node parses the 64 KB that it reads at once, which may be 2,300
 * requests that take 2 KB of memory each.
 */
const MAX_WAITING = 10_000;

/**
 * How many pipelined requests may arrive in one turn of the event loop before no connection is read until the next turn:
 * parsed all at once, those of many connections would take more memory than the queues may.
 */
const MAX_PER_TURN = 1000;

/** The waiting requests of one connection. */
interface Queue {
  waiting: [IncomingMessage, ServerResponse][];
  /** An upgrade, which is a connection's last request. */
  upgrade?: () => void;
  /** Set after a request was rejected: the connection is no longer read. */
  isClosed?: boolean;
  /** Requests run in it, so that none inherits the `AsyncLocalStorage` context of the previous one. */
  context: AsyncResource;
}

/** The request queues of a server's connections. */
export interface Pipelining {
  /** Whether one more request of a connection may be queued; if not, it must not be handled. */
  admit(socket: Socket): boolean;
  enqueue(req: IncomingMessage, res: ServerResponse): void;
  /** Queues an upgrade until the requests before it have their responses. */
  enqueueUpgrade(socket: Socket, upgrade: () => void): void;
  /** Handles the next request; call it when a response is complete and other requests wait. */
  next(socket: Socket): void;
  /** Drops a connection's queue; call it when the connection is closed. */
  drop(socket: Socket): void;
  /** Admits no more requests, so that no client can prolong a drain. Bodies that have begun are still read. */
  stopAdmitting(): void;
}

/**
 * Creates the queues of the connections in `sockets`; calls `handle` with each request in its turn. Handling them one at a
 * time is what RFC 9112 requires for unsafe methods, and limits a client that does not read to one buffered response.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-9.3.2
 */
export function createPipelining(
  handle: (req: IncomingMessage, res: ServerResponse) => void,
  sockets: () => Iterable<Socket>,
): Pipelining {
  const queues = new Map<Socket, Queue>();
  let total = 0;
  let queuedThisTurn = 0;
  let isStopped = false;

  const isFull = ({ waiting, upgrade, isClosed }: Queue): boolean =>
    (isClosed || waiting.length > READ_AHEAD) && !upgrade;

  function pauseIfFull(queue: Queue, socket: Socket): void {
    if (isFull(queue)) socket.pause();
  }

  function createQueue(socket: Socket): Queue {
    const queue: Queue = { waiting: [], context: new AsyncResource("HttpPipelining") };
    // Node resumes sockets, for example when the write buffer has drained.
    socket.on("resume", () => pauseIfFull(queue, socket));
    queues.set(socket, queue);
    return queue;
  }

  function reject(socket: Socket): void {
    const queue = queues.get(socket) ?? createQueue(socket);
    queue.isClosed = true;
    process.nextTick(pauseIfFull, queue, socket);
  }

  function countInTurn(): void {
    queuedThisTurn++;
    if (queuedThisTurn === 1) setImmediate(() => (queuedThisTurn = 0));
    // After the whole chunk is parsed: an upgrade at its end must get a socket that is not paused.
    if (queuedThisTurn === MAX_PER_TURN) process.nextTick(pauseUntilNextTurn);
  }

  /** Pauses all connections until the next turn, except those that wait to upgrade, which nothing reads. */
  function pauseUntilNextTurn(): void {
    const isRead = (socket: Socket) => !socket.isPaused() && !queues.get(socket)?.upgrade;
    const reading = [...sockets()].filter(isRead);
    for (const socket of reading) socket.pause();
    setImmediate(() => {
      for (const socket of reading) socket.resume();
    });
  }

  function takeNext(socket: Socket): void {
    const queue = queues.get(socket);
    // The client was told that the rest is not handled, or is gone.
    if (!queue || !socket.writable) return;
    const next = queue.waiting.shift();
    if (!next) return queue.upgrade?.();
    total--;
    if (queue.waiting.length === READ_AHEAD && !queue.isClosed && !queue.upgrade) socket.resume();
    queue.context.runInAsyncScope(handle, undefined, ...next);
  }

  return {
    admit(socket) {
      countInTurn();
      if (isStopped) reject(socket);
      else if (total >= MAX_WAITING) socket.destroy();
      return !isStopped && !socket.destroyed;
    },
    enqueue(req, res) {
      const { socket } = req;
      const queue = queues.get(socket) ?? createQueue(socket);
      queue.waiting.push([req, res]);
      total++;
      // After the whole chunk is parsed, as above.
      if (queue.waiting.length === READ_AHEAD + 1) process.nextTick(pauseIfFull, queue, socket);
    },
    enqueueUpgrade(socket, upgrade) {
      const queue = queues.get(socket) ?? createQueue(socket);
      // Node has removed its listeners from the socket: an `error` without a listener would crash the process.
      const ignore = (): void => undefined;
      // Node's timeout for a client that does not read is gone, too.
      const cutIfStalled = (): void => void (socket.writableLength > 0 && socket.destroy());
      socket.on("error", ignore).on("timeout", cutIfStalled);
      queue.upgrade = () => {
        socket.off("error", ignore).off("timeout", cutIfStalled);
        queues.delete(socket);
        queue.context.runInAsyncScope(upgrade);
      };
    },
    // In the next turn, so that other connections are served in between.
    next: (socket) => void setImmediate(takeNext, socket),
    drop(socket) {
      total -= queues.get(socket)?.waiting.length ?? 0;
      queues.delete(socket);
    },
    stopAdmitting: () => void (isStopped = true),
  };
}
