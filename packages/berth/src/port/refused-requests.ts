// Answers what Node's parser refuses, where in the connection that answer belongs.
import { AsyncResource } from "node:async_hooks";
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { endConnection } from "./end-connection";
import type { HttpConnections } from "./http-connections";

/**
 * Makes the whole answer, head and body, to what is no request.
 * @param code What is wrong with it: an error code of Node or of its parser.
 * @param res Where it has become a request, but its body is not right: the response that the handler will not send.
 */
export type Refuse = (code: string, socket: Socket, res?: ServerResponse) => string;

const TIMEOUT = "ERR_HTTP_REQUEST_TIMEOUT";
/** Errors of the parser, and not of the connection: a client that has gone needs no answer. */
const FAULT = new RegExp(`^(HPE_|${TIMEOUT}$)`);

/**
 * Answers instead of Node, which would write its answer in front of those to earlier requests. The connection ends
 * with it; a client that is being answered gets no second answer.
 */
export function refuseRequests(server: Server, connections: HttpConnections, refuse: Refuse): void {
  const refused = new WeakSet<Socket>();
  server.on("clientError", (err: NodeJS.ErrnoException, socket: Socket) => {
    // All that comes after the first fault is one, too.
    if (refused.has(socket)) return;
    refused.add(socket);
    const { code = "" } = err;
    if (!FAULT.test(code)) socket.destroy();
    // A spare connection that was never used.
    else if (code === TIMEOUT && socket.bytesRead === 0) socket.destroySoon();
    else {
      inTurn(socket, connections.latest(socket), (res) => {
        const text = refuse(code, socket, res);
        if (!socket.writable) return;
        // What still came in would be parsed, and handled after the client was told that it was not.
        if (code === TIMEOUT) socket.end(text).destroySoon();
        else endConnection(socket.resume(), text);
      });
    }
  });
}

/**
 * Calls back once the connection's earlier requests have their answers; cuts it when the faulty one has its own.
 * @param latest The connection's latest response, unless it and its request are over.
 */
function inTurn(
  socket: Socket,
  latest: ServerResponse | undefined,
  send: (res?: ServerResponse) => void,
): void {
  if (!latest || (latest.req.complete && latest.destroyed)) send();
  else if (latest.req.complete) {
    // The fault is in the request that follows.
    socket.pause();
    // Without the `AsyncLocalStorage` of the request before it.
    latest.once(
      "close",
      AsyncResource.bind(() => send()),
    );
  } else if (latest.headersSent) socket.destroy();
  else if (latest.socket) send(latest);
  // Node gives it the socket once earlier responses are done.
  else latest.once("socket", () => send(latest));
}
