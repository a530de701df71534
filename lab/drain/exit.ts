// Stops a server under test.
import { type Run, stop } from "port-contract/harness";

/** The server's shutdown timeout, in milliseconds: Berth's default. */
export const SHUTDOWN_TIMEOUT_MS = 8000;
/** How long after its shutdown timeout a server is killed, in milliseconds. */
const KILL_AFTER_MS = 4000;

/** How a server exited. */
export interface Exit {
  /** The exit code, or the signal that killed it. */
  status: string;
  /** From SIGTERM to the exit, in milliseconds. */
  tookMs: number;
  /** Whether one of its processes was left. */
  hasOrphan: boolean;
}

/** Sends SIGTERM to the leader alone, and resolves to its exit; kills what is left after the limit. */
export async function terminate(server: Run): Promise<Exit> {
  const { exit, afterMs, left } = await stop(
    server,
    SHUTDOWN_TIMEOUT_MS + KILL_AFTER_MS,
    "SIGTERM",
    "leader",
  );
  await server.reap();
  const status = exit ? String(exit.code ?? exit.signal) : "SIGKILL";
  return { status, tookMs: afterMs, hasOrphan: exit !== undefined && left.length > 0 };
}

/** The ids of the requests that reached a handler; complete once the server has exited. */
export function acceptedBy(server: Run): Set<string> {
  return new Set([...server.output.text().matchAll(/"requestId":"([^"]+)"/g)].map(([, id]) => id!));
}
