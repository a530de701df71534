// Responds to input that Node's parser rejects, in the right order among the connection's responses.
import { AsyncResource } from "node:async_hooks";
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { endConnection } from "./end-connection";
import type { HttpConnections } from "./http-connections";

/**
 * Creates the whole response, head and body, to input that is not a valid request.
 * @param code The error code of Node or of its parser.
 * @param res If only the body is invalid: the request's response, which the handler will not send.
 */
export type Refuse = (code: string, socket: Socket, res?: ServerResponse) => string;

const TIMEOUT = "ERR_HTTP_REQUEST_TIMEOUT";
/** Errors of the parser, not of the connection: a client that is gone needs no response. */
const PARSE_ERROR = new RegExp(`^(HPE_|${TIMEOUT}$)`);

/**
 * Responds instead of Node, which would write its response before those to earlier requests. The connection closes after
 * it; if a response has begun, there is no second one.
 */
export function refuseRequests(server: Server, connections: HttpConnections, refuse: Refuse): void {
  const refused = new WeakSet<Socket>();
  server.on("clientError", (err: NodeJS.ErrnoException, socket: Socket) => {
    // Everything after the first error is an error, too.
    if (refused.has(socket)) return;
    refused.add(socket);
    const { code = "" } = err;
    if (!PARSE_ERROR.test(code)) socket.destroy();
    // A preconnected socket that was never used.
    else if (code === TIMEOUT && socket.bytesRead === 0) socket.destroySoon();
    else {
      inTurn(socket, connections.latest(socket), (res) => {
        const text = refuse(code, socket, res);
        if (!socket.writable) return;
        // After a timeout the parser still works: it would handle a request whose client was told that it failed.
        if (code === TIMEOUT) socket.end(text).destroySoon();
        else endConnection(socket.resume(), text);
      });
    }
  });
}

/**
 * Calls `send` once the earlier responses are sent; destroys the connection if the invalid request's own has begun.
 * @param latest The connection's latest response; undefined once it and its request are complete.
 */
function inTurn(
  socket: Socket,
  latest: ServerResponse | undefined,
  send: (res?: ServerResponse) => void,
): void {
  if (!latest || (latest.req.complete && latest.destroyed)) send();
  else if (latest.req.complete) {
    // The error is in the next request.
    socket.pause();
    // Not in the `AsyncLocalStorage` context of the previous request.
    latest.once(
      "close",
      AsyncResource.bind(() => send()),
    );
  } else if (latest.headersSent) socket.destroy();
  else if (latest.socket) send(latest);
  // Node assigns the socket once earlier responses are done.
  else latest.once("socket", () => send(latest));
}
