// Ends a connection that its client has not ended.
import type { Socket } from "node:net";

const LAST_WORDS_MS = 500;

/** Sends `lastWords` and ends the connection; who does not read its mail is not waited for. */
export function dismiss(socket: Socket, lastWords: Buffer): void {
  socket.end(lastWords);
  socket.destroySoon();
  setTimeout(() => socket.destroy(), LAST_WORDS_MS).unref();
}
