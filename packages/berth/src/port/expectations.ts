// What a client expects of a server before it sends a body.
import type { IncomingMessage, Server, ServerResponse } from "node:http";

/**
 * Hands requests with an `Expect` to the server's handler like all others, which may refuse what it does not know.
 * Node would ask for every body at once and answer 417 itself. `100 Continue` is sent when somebody begins to read the
 * body: a handler that answers without reading has saved the client from sending it, and ends the connection.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1
 */
export function deferExpectations(server: Server): void {
  server.on("checkContinue", (req: IncomingMessage, res: ServerResponse) => {
    continueOnceRead(req, res);
    server.emit("request", req, res);
  });
  server.on("checkExpectation", (req, res) => server.emit("request", req, res));
}

/** Reading a stream for the first time calls `_read`, whoever reads it and however. */
function continueOnceRead(req: IncomingMessage, res: ServerResponse): void {
  req._read = (size) => {
    Reflect.deleteProperty(req, "_read");
    // After an answer nobody reads but Node, to throw the body away.
    if (!res.headersSent) res.writeContinue();
    req._read(size);
  };
}
