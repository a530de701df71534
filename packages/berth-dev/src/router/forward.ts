// Passes one request on to an instance, and the answer back; again, to the next one, where that cannot do it twice.
import {
  request,
  type ClientRequest,
  type IncomingMessage,
  type InformationEvent,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import { brokenOff, noneReady, unanswered, unpassable, unsendable } from "./faults";
import { requestHeaders, responseHeaders } from "./headers";
import type { Instance } from "./instance";
import { joinSockets } from "./join-sockets";
import type { Pool } from "./pool";
import type { Fault } from "./problems";
import { relay } from "./relay";

/** How patient the router is, in milliseconds. */
export interface Patience {
  /** How long a request waits for an instance to be ready: one that restarts alone should be back by then. */
  readyMs: number;
  /** How long an instance may take to begin its answer, from the last byte of the request that it was sent: as Heroku's router. */
  answerMs: number;
}

/** One request, and where its answer goes. */
export interface Exchange {
  id: string;
  req: IncomingMessage;
  res: ServerResponse;
  /** What the client has sent after a request to change the protocol. */
  upgradeHead?: Buffer;
}

/** Who says that it waits for `100 Continue`, and to whom nobody says it, sends its body after this time, in milliseconds. */
const CONTINUE_MS = 1000;
/** How long a client that still sends gets to read an answer that did not wait for it, in milliseconds. */
const LINGER_MS = 500;
/** Doing it twice is doing it once. @see https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2 */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;

/** @param fail Answers that it could not be done. */
export function forward(
  exchange: Exchange,
  pool: Pool,
  { readyMs, answerMs }: Patience,
  fail: (exchange: Exchange, fault: Fault) => void,
): void {
  const { id, req, res, upgradeHead } = exchange;
  const headers = requestHeaders(req, id, upgradeHead !== undefined);
  const isBodied = hasBody(req);
  const deadline = performance.now() + readyMs;
  let isRepeated = false;
  /** What ends the attempt at hand when the client goes. */
  let abandon = (): void => {};
  res.on("close", () => abandon());

  function attempt(): void {
    const instance = pool.next();
    if (instance) return send(instance);
    abandon = pool.wait(Math.max(0, deadline - performance.now()), (found) => {
      if (found) send(found);
      else fail(exchange, noneReady(pool.type));
    });
  }

  function send(instance: Instance): void {
    const { name, port, agent } = instance;
    let outgoing: ClientRequest;
    try {
      outgoing = request({
        agent,
        host: "127.0.0.1",
        port,
        method: req.method,
        path: req.url,
        headers,
      });
    } catch (err) {
      return fail(exchange, unsendable((err as Error).message));
    }
    const settle = instance.owe();
    let socket: Socket | undefined;
    let bytesBefore = 0;
    let isConnected = false;
    let isOver = false;

    /** Whatever comes first, the answer or that there will be none, is all that counts. */
    function isFirst(): boolean {
      if (isOver) return false;
      isOver = true;
      clearTimeout(limit);
      settle();
      return true;
    }
    let bytesSent = 0;
    const limit = setTimeout(() => {
      // A client that takes its time to send its body is not the instance's fault.
      const isSending = isBodied && !outgoing.writableFinished;
      const isMoving = socket?.bytesWritten !== bytesSent || !outgoing.writableNeedDrain;
      bytesSent = socket?.bytesWritten ?? 0;
      if (isSending && isMoving) return void limit.refresh();
      if (!isFirst()) return;
      instance.rest();
      outgoing.destroy();
      fail(exchange, unanswered(name, answerMs));
    }, answerMs);

    abandon = () => {
      isFirst();
      outgoing.destroy();
    };

    outgoing.on("socket", (given) => {
      socket = given;
      bytesBefore = given.bytesRead;
      const begin = (): void => {
        isConnected = true;
        if (isBodied) sendBody(outgoing, () => limit.refresh());
      };
      if (given.connecting) given.once("connect", begin);
      else begin();
    });
    if (!isBodied) outgoing.end();

    outgoing.on("information", (info) => {
      if (upgradeHead === undefined && !res.headersSent) passInformation(info, res);
    });
    outgoing.on("response", (answer) => {
      if (!isFirst()) return;
      try {
        passAnswer(exchange, answer, outgoing);
      } catch (err) {
        outgoing.destroy();
        fail(exchange, unpassable(name, (err as Error).message));
      }
    });
    outgoing.on("upgrade", (answer, upgraded: Socket, head) => {
      if (!isFirst()) return;
      joinSockets(exchange, answer, upgraded, head);
    });
    outgoing.on("error", (err: NodeJS.ErrnoException) => {
      if (!isFirst()) return;
      const { code = "" } = err;
      if (!isConnected && code === "ECONNREFUSED") {
        // Nothing was sent.
        instance.rest();
        return attempt();
      }
      const isSilent = outgoing.reusedSocket && socket?.bytesRead === bytesBefore;
      if (isSilent && !isRepeated && !isBodied && IDEMPOTENT.has(req.method ?? "")) {
        isRepeated = true;
        return attempt();
      }
      fail(exchange, brokenOff(name, code || err.message));
    });
  }

  /** Not before there is somebody to take it: what has been read cannot be sent to another one. */
  function sendBody(outgoing: ClientRequest, onSent: () => void): void {
    outgoing.on("finish", onSent);
    if (req.headers.expect === undefined) return relay(req, outgoing);
    let isAsked = false;
    const begin = (): void => {
      clearTimeout(unasked);
      if (!isAsked && !res.headersSent) relay(req, outgoing);
      isAsked = true;
    };
    const unasked = setTimeout(begin, CONTINUE_MS);
    outgoing.flushHeaders();
    outgoing.on("continue", begin);
    outgoing.on("close", () => clearTimeout(unasked));
  }

  attempt();
}

/** Interim answers but 100, which is sent when the body is read. */
function passInformation({ statusCode, headers }: InformationEvent, res: ServerResponse): void {
  try {
    if (statusCode === 102) res.writeProcessing();
    if (statusCode === 103 && headers.link !== undefined)
      res.writeEarlyHints({ link: headers.link });
  } catch {
    // Node does not take every hint, and a client can do without.
  }
}

function passAnswer(
  { req, res }: Exchange,
  answer: IncomingMessage,
  outgoing: ClientRequest,
): void {
  const headers = responseHeaders(answer, req);
  // Nothing more can follow on the connection while the client still sends.
  if (!req.complete) headers.push("Connection", "close");
  res.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers);
  // A part of an answer must not look like the whole.
  answer.on("error", () => res.destroy());
  relay(answer, res, () => {
    if (req.complete) return void res.end();
    // Closing at once could reset the connection, and with it what the client has not read.
    outgoing.destroy();
    req.resume();
    const end = (): void => {
      clearTimeout(linger);
      res.end();
    };
    const linger = setTimeout(end, LINGER_MS);
    req.once("end", end);
  });
}
