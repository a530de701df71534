// Answers clients that end their side of the connection once they have sent their request.
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** How long such a connection may be silent before it is looked at, in milliseconds. */
const SILENCE_MS = 5_000;

/** What Node does not document, though it is as old as its HTTP server: tests fail when it is gone. */
type HalfOpenServer = Server & { httpAllowHalfOpen: boolean };
type AnsweringSocket = Socket & { _httpMessage?: ServerResponse | null };

/**
 * Lets half-closed connections have their answers; Node alone would drop those that are not there yet. Most clients that
 * end their side have gone, which shows only in what they do when something is sent to them: a connection that is silent
 * is sent `100 Continue`, which every client of HTTP/1.1 knows to skip, and one in the midst of an answer is cut.
 * @param silenceMs In milliseconds; 5 s unless given.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-6.3
 */
export function answerHalfClosed(server: Server, silenceMs = SILENCE_MS): void {
  (server as HalfOpenServer).httpAllowHalfOpen = true;
  server.on("connection", (socket: Socket) => {
    // Node has seen it first, and has ended its own side unless there is something to answer.
    socket.once("end", () => socket.writable && watch(socket, silenceMs));
  });
}

function watch(socket: AnsweringSocket, silenceMs: number): void {
  let written = socket.bytesWritten;
  const timer = setInterval(() => {
    const isSilent = socket.bytesWritten === written && socket.writableLength === 0;
    if (isSilent) askOrCut(socket);
    written = socket.bytesWritten;
  }, silenceMs).unref();
  socket.once("close", () => clearInterval(timer));
}

/** Writing to a client that has gone resets the connection; the next write finds that out. */
function askOrCut(socket: AnsweringSocket): void {
  const response = socket._httpMessage;
  if (response?.headersSent) socket.destroy();
  else if (response?.req.httpVersion === "1.1") response.writeContinue();
}
