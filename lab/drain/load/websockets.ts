// WebSockets that exchange messages, and reconnect whenever the server sends a Close frame.
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { within } from "port-contract/harness";
import { RESPONSE_LIMIT_MS, type Failure } from "./failure";
import { type Ending, keepOpen } from "./lasting";
import { jittered } from "./requests";

const MESSAGE_PAUSE_MS = 100;
/** Close codes of a restart: going away, and service restart. @see https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const FAREWELLS = [1000, 1001, 1012];

/** Exchanges messages until the signal is aborted, then resolves to how all connections ended except the last ones. */
export function converse(
  port: number,
  path: string,
  clients: number,
  stopped: AbortSignal,
): Promise<Ending[]> {
  const url = `ws://127.0.0.1:${port}${path}`;
  return keepOpen(clients, stopped, () => converseOnce(url, stopped));
}

async function converseOnce(url: string, stopped: AbortSignal): Promise<Ending> {
  const socket = new WebSocket(url, { handshakeTimeout: RESPONSE_LIMIT_MS });
  let failure: Failure | undefined;
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  socket.on("error", (err) => (failure ??= failureOf(err)));
  const opened = new Promise((resolve) => socket.once("open", resolve));
  await Promise.race([opened, closed]);
  while (!stopped.aborted && socket.readyState === WebSocket.OPEN) {
    const echoed = new Promise((resolve) => socket.once("message", resolve));
    socket.send("ahoy");
    const isOver = within(
      Promise.race([echoed, closed]).then(() => true),
      RESPONSE_LIMIT_MS,
    );
    if (!(await isOver)) failure ??= "timeout";
    if (failure) socket.terminate();
    else await Promise.race([sleep(jittered(MESSAGE_PAUSE_MS)), closed]);
  }
  if (stopped.aborted) socket.terminate();
  const code = await closed;
  if (failure) return { failure };
  return FAREWELLS.includes(code) ? {} : { failure: "cut" };
}

/** An error of the handshake or of a frame. */
function failureOf(err: Error): Failure {
  const [, status] = /Unexpected server response: (\d+)/.exec(err.message) ?? [];
  if (status) return `${Number(status)}`;
  if (/timed out/.test(err.message)) return "timeout";
  return (err as NodeJS.ErrnoException).code === "ECONNREFUSED" ? "refused" : "reset";
}
