// Forwards a request to an instance, and retries with the next one where the request cannot have been carried out.
import { request, type ClientRequest, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { requestHeaders } from "./headers";
import type { Instance } from "./instance";
import type { Pool } from "./pool";
import {
  connectionClosed,
  invalidRequest,
  invalidResponse,
  noneReady,
  type Problem,
  timedOut,
} from "./problems";
import { type Exchange, forwardInformation, forwardResponse, joinSockets, relay } from "./response";

/** The router's timeouts. */
export interface Timeouts {
  /** How long a request waits until an instance is ready; a single instance should be able to restart in it. */
  readyMs: number;
  /** How long an instance may take to begin its response, from the last byte of the request, as in Heroku's router. */
  responseMs: number;
}

/** A client that expects `100 Continue` and gets no such response sends its body after this time, in milliseconds. */
const CONTINUE_MS = 1000;
/** @see https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2 */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;

/** @param fail Responds with a problem. */
export function forward(
  exchange: Exchange,
  pool: Pool,
  { readyMs, responseMs }: Timeouts,
  fail: (exchange: Exchange, problem: Problem) => void,
): void {
  const { id, req, res, upgradeHead } = exchange;
  const headers = requestHeaders(req, id, upgradeHead !== undefined);
  const isBodied = hasBody(req);
  const deadline = performance.now() + readyMs;
  let isRetried = false;
  /** Ends the current attempt when the client disconnects. */
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
      return fail(exchange, invalidRequest((err as Error).message));
    }
    const settle = instance.beginRequest();
    let socket: Socket | undefined;
    let bytesBefore = 0;
    let isConnected = false;
    let isOver = false;

    /** Whether this is the first outcome of the attempt, a response or an error; later ones are ignored. */
    function isFirst(): boolean {
      if (isOver) return false;
      isOver = true;
      clearTimeout(limit);
      settle();
      return true;
    }
    let bytesSent = 0;
    const limit = setTimeout(() => {
      // A slow client is not the instance's fault.
      const isSending = isBodied && !outgoing.writableFinished;
      const isMoving = socket?.bytesWritten !== bytesSent || !outgoing.writableNeedDrain;
      bytesSent = socket?.bytesWritten ?? 0;
      if (isSending && isMoving) return void limit.refresh();
      if (!isFirst()) return;
      instance.suspend();
      outgoing.destroy();
      fail(exchange, timedOut(name, responseMs));
    }, responseMs);

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
      if (upgradeHead === undefined && !res.headersSent) forwardInformation(info, res);
    });
    outgoing.on("response", (response) => {
      if (!isFirst()) return;
      try {
        forwardResponse(exchange, response, outgoing);
      } catch (err) {
        outgoing.destroy();
        fail(exchange, invalidResponse(name, (err as Error).message));
      }
    });
    outgoing.on("upgrade", (response, upgraded: Socket, head) => {
      if (!isFirst()) return;
      joinSockets(exchange, response, upgraded, head);
    });
    outgoing.on("error", (err: NodeJS.ErrnoException) => {
      if (!isFirst()) return;
      const { code = "" } = err;
      if (!isConnected && code === "ECONNREFUSED") {
        // Nothing was sent.
        instance.suspend();
        return attempt();
      }
      const isSilent = outgoing.reusedSocket && socket?.bytesRead === bytesBefore;
      if (isSilent && !isRetried && !isBodied && IDEMPOTENT.has(req.method ?? "")) {
        isRetried = true;
        return attempt();
      }
      fail(exchange, connectionClosed(name, code || err.message));
    });
  }

  /** Called only once connected: a body that has been read cannot be sent to another instance. */
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
