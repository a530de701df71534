// Waits until somebody listens on a port.
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 50;

/** Resolves once a connection to the port of this machine is accepted, or when `signal` is aborted. */
export async function acceptsConnections(port: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await isAccepted(port))) await delay(POLL_MS);
}

/** Whether somebody accepts a connection to the port of this machine. */
export async function isAccepted(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
