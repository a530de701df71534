// Forwards a request to an instance, and retries it where that is safe.
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
  /** How long a request waits for a ready instance: long enough for the restart of a single one. */
  readyMs: number;
  /** How long an instance may take from the last byte of the request to the first of its response, as in Heroku's router. */
  responseMs: number;
}

/** How long to wait for `100 Continue` before the body is read from the client anyway, in milliseconds. */
const CONTINUE_MS = 1000;
/** @see https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2 */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;

/**
 * Sends the request to the next ready instance, or waits for one, and forwards its response.
 * @param fail Responds with a problem.
 */
export function forward(
  exchange: Exchange,
  pool: Pool,
  { readyMs, responseMs }: Timeouts,
  fail: (exchange: Exchange, problem: Problem) => void,
): void {
  const { id, req, res, upgradeHead } = exchange;
  const headers = requestHeaders(req, id, upgradeHead !== undefined);
  const isWithBody = hasBody(req);
  const deadline = performance.now() + readyMs;
  let isRetried = false;
  /** Ends the current attempt, once the client has disconnected. */
  let abort = (): void => {};
  res.on("close", () => abort());

  function attempt(): void {
    const instance = pool.next();
    if (instance) return send(instance);
    abort = pool.wait(Math.max(0, deadline - performance.now()), (found) => {
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
    const endRequest = instance.beginRequest();
    let socket: Socket | undefined;
    let bytesReadBefore = 0;
    let isConnected = false;
    let isSettled = false;

    /** Ends the attempt by its first outcome, a response or an error. Returns false for later outcomes, which are ignored. */
    function settle(): boolean {
      if (isSettled) return false;
      isSettled = true;
      clearTimeout(timer);
      endRequest();
      return true;
    }
    let bytesSent = 0;
    const timer = setTimeout(() => {
      // While the body is being sent, only an instance that has stopped reading is at fault, not a slow client.
      const isSending = isWithBody && !outgoing.writableFinished;
      const isReading = socket?.bytesWritten !== bytesSent || !outgoing.writableNeedDrain;
      bytesSent = socket?.bytesWritten ?? 0;
      if (isSending && isReading) return void timer.refresh();
      if (!settle()) return;
      instance.suspend();
      outgoing.destroy();
      fail(exchange, timedOut(name, responseMs));
    }, responseMs);

    abort = () => {
      settle();
      outgoing.destroy();
    };

    outgoing.on("socket", (given) => {
      socket = given;
      bytesReadBefore = given.bytesRead;
      const begin = (): void => {
        isConnected = true;
        if (isWithBody) sendBody(outgoing, () => timer.refresh());
      };
      if (given.connecting) given.once("connect", begin);
      else begin();
    });
    if (!isWithBody) outgoing.end();

    outgoing.on("information", (info) => {
      if (upgradeHead === undefined && !res.headersSent) forwardInformation(info, res);
    });
    outgoing.on("response", (response) => {
      if (!settle()) return;
      try {
        forwardResponse(exchange, response, outgoing);
      } catch (err) {
        outgoing.destroy();
        fail(exchange, invalidResponse(name, (err as Error).message));
      }
    });
    outgoing.on("upgrade", (response, upgraded: Socket, head) => {
      if (!settle()) return;
      joinSockets(exchange, response, upgraded, head);
    });
    outgoing.on("error", (err: NodeJS.ErrnoException) => {
      if (!settle()) return;
      const { code = "" } = err;
      if (!isConnected && code === "ECONNREFUSED") {
        // Nothing was sent, so every method can be retried.
        instance.suspend();
        return attempt();
      }
      // The instance closed the keep-alive connection while the request was on its way.
      const isStale = outgoing.reusedSocket && socket?.bytesRead === bytesReadBefore;
      if (isStale && !isRetried && !isWithBody && IDEMPOTENT.has(req.method ?? "")) {
        isRetried = true;
        return attempt();
      }
      fail(exchange, connectionClosed(name, code || err.message));
    });
  }

  /** Called once connected: a body that has been read from the client cannot be sent to another instance. */
  function sendBody(outgoing: ClientRequest, onSent: () => void): void {
    outgoing.on("finish", onSent);
    if (req.headers.expect === undefined) return relay(req, outgoing);
    let hasBegun = false;
    const begin = (): void => {
      clearTimeout(timer);
      if (!hasBegun && !res.headersSent) relay(req, outgoing);
      hasBegun = true;
    };
    const timer = setTimeout(begin, CONTINUE_MS);
    outgoing.flushHeaders();
    outgoing.on("continue", begin);
    outgoing.on("close", () => clearTimeout(timer));
  }

  attempt();
}
