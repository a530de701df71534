// Keeps what a client sends ahead of its answers: a connection has one request in progress, the others wait in line.
import { AsyncResource } from "node:async_hooks";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** While more requests than this wait, their connection is not read: what else the client sends stays in the kernel. */
const READ_AHEAD = 8;

/**
 * How many requests may wait on all connections together. Node parses what it has read, 64 KB, in one go, which are
 * up to 2,300 requests of 2 KB memory each.
 */
const MAX_WAITING = 10_000;

/**
 * How many requests may come to wait in one turn of the event loop, before it goes on to the next without reading more:
 * what Node parses for many such connections at once takes more memory than what waits.
 */
const MAX_A_TURN = 1000;

/** The requests of one connection that wait for the answers to those before them. */
interface Line {
  waiting: [IncomingMessage, ServerResponse][];
  /** A connection's last request may be to become another protocol. */
  upgrade?: () => void;
  /** Whether a request was turned away: nothing that comes after it is read. */
  isClosed?: boolean;
  /** Where they came from: none shall inherit the `AsyncLocalStorage` of the one before it. */
  context: AsyncResource;
}

/** The lines of a server's connections. */
export interface Pipelining {
  /** Whether one more request of a connection may wait; it is not to be handled otherwise. */
  admit(socket: Socket): boolean;
  /** Lets a request wait for its turn. */
  wait(req: IncomingMessage, res: ServerResponse): void;
  /** Lets an upgrade wait until all requests before it are answered. */
  waitToUpgrade(socket: Socket, upgrade: () => void): void;
  /** To be called when a request is answered and others are left: the next one's turn has come. */
  next(socket: Socket): void;
  /** To be called when a connection is gone: what waits is dropped, as nobody would get the answer. */
  drop(socket: Socket): void;
  /** From now on none may wait but those that do: nobody can go on asking for ever. What has begun is read to its end. */
  stopAdmitting(): void;
}

/**
 * Creates the lines of the connections in `sockets`; `handle` gets the requests as their turn comes. One at a time is
 * what RFC 9112 asks for requests that change something, and keeps a client that does not read from having more than
 * one answer made for it.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-9.3.2
 */
export function createPipelining(
  handle: (req: IncomingMessage, res: ServerResponse) => void,
  sockets: () => Iterable<Socket>,
): Pipelining {
  const lines = new Map<Socket, Line>();
  let total = 0;
  let cameThisTurn = 0;
  let isStopped = false;

  const isLong = ({ waiting, upgrade, isClosed }: Line): boolean =>
    (isClosed || waiting.length > READ_AHEAD) && !upgrade;

  function pauseIfLong(line: Line, socket: Socket): void {
    if (isLong(line)) socket.pause();
  }

  function createLine(socket: Socket): Line {
    const line: Line = { waiting: [], context: new AsyncResource("HttpPipelining") };
    // Node resumes a socket for reasons of its own, as when its write buffer is empty again.
    socket.on("resume", () => pauseIfLong(line, socket));
    lines.set(socket, line);
    return line;
  }

  function turnAway(socket: Socket): void {
    const line = lines.get(socket) ?? createLine(socket);
    line.isClosed = true;
    process.nextTick(pauseIfLong, line, socket);
  }

  function countTurn(): void {
    cameThisTurn++;
    if (cameThisTurn === 1) setImmediate(() => (cameThisTurn = 0));
    // Once all of the chunk is parsed: an upgrade at its end takes over a socket that is being read.
    if (cameThisTurn === MAX_A_TURN) process.nextTick(pauseForATurn);
  }

  /** Nothing more is read until the event loop has come round; who waits to upgrade is read by nobody anyway. */
  function pauseForATurn(): void {
    const isRead = (socket: Socket) => !socket.isPaused() && !lines.get(socket)?.upgrade;
    const reading = [...sockets()].filter(isRead);
    for (const socket of reading) socket.pause();
    setImmediate(() => {
      for (const socket of reading) socket.resume();
    });
  }

  function takeNext(socket: Socket): void {
    const line = lines.get(socket);
    // Its client has been told that the rest is not handled, or has gone.
    if (!line || !socket.writable) return;
    const next = line.waiting.shift();
    if (!next) return line.upgrade?.();
    total--;
    if (line.waiting.length === READ_AHEAD && !line.isClosed && !line.upgrade) socket.resume();
    line.context.runInAsyncScope(handle, undefined, ...next);
  }

  return {
    admit(socket) {
      countTurn();
      if (isStopped) turnAway(socket);
      else if (total >= MAX_WAITING) socket.destroy();
      return !isStopped && !socket.destroyed;
    },
    wait(req, res) {
      const { socket } = req;
      const line = lines.get(socket) ?? createLine(socket);
      line.waiting.push([req, res]);
      total++;
      // Here, too, once all of the chunk is parsed.
      if (line.waiting.length === READ_AHEAD + 1) process.nextTick(pauseIfLong, line, socket);
    },
    waitToUpgrade(socket, upgrade) {
      const line = lines.get(socket) ?? createLine(socket);
      // Node has let go of the socket: an error that nobody listens to would end the process.
      const ignore = (): void => undefined;
      // Nor does it look any more whether the answers before it are taken.
      const cutIfStalled = (): void => void (socket.writableLength > 0 && socket.destroy());
      socket.on("error", ignore).on("timeout", cutIfStalled);
      line.upgrade = () => {
        socket.off("error", ignore).off("timeout", cutIfStalled);
        lines.delete(socket);
        line.context.runInAsyncScope(upgrade);
      };
    },
    // In a turn of its own, so that other connections' requests come in between.
    next: (socket) => void setImmediate(takeNext, socket),
    drop(socket) {
      total -= lines.get(socket)?.waiting.length ?? 0;
      lines.delete(socket);
    },
    stopAdmitting: () => void (isStopped = true),
  };
}
