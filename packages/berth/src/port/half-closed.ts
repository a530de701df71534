// Responds to clients that half-close the connection after their request.
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** How long a half-closed connection may be silent before it is probed, in milliseconds. */
const SILENCE_MS = 5_000;

/** Undocumented, but as old as Node's HTTP server; tests fail if it changes. */
type HalfOpenServer = Server & { httpAllowHalfOpen: boolean };
type RespondingSocket = Socket & { _httpMessage?: ServerResponse | null };

/**
 * Lets half-closed connections receive their responses; Node would drop those that have not begun. Most of these clients
 * are gone, which shows only when something is sent to them. So a silent connection is sent `100 Continue`, which every
 * HTTP/1.1 client must skip; if its response has already begun, it is closed.
 * @param silenceMs In milliseconds; 5 s by default.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-6.3
 */
export function respondToHalfClosed(server: Server, silenceMs = SILENCE_MS): void {
  (server as HalfOpenServer).httpAllowHalfOpen = true;
  server.on("connection", (socket: Socket) => {
    // Node's listener runs first, and ends the server's side unless a response is pending.
    socket.once("end", () => socket.writable && probeWhileSilent(socket, silenceMs));
  });
}

function probeWhileSilent(socket: RespondingSocket, silenceMs: number): void {
  let written = socket.bytesWritten;
  const timer = setInterval(() => {
    const isSilent = socket.bytesWritten === written && socket.writableLength === 0;
    if (isSilent) probeOrDestroy(socket);
    written = socket.bytesWritten;
  }, silenceMs).unref();
  socket.once("close", () => clearInterval(timer));
}

/** Writing to a client that is gone causes a reset, which the next write detects. */
function probeOrDestroy(socket: RespondingSocket): void {
  const response = socket._httpMessage;
  if (response?.headersSent) socket.destroy();
  else if (response?.req.httpVersion === "1.1") response.writeContinue();
}
