// The end of a server under experiment.
import { type Run, stop } from "port-contract/harness";

/** How long after SIGTERM a server cuts what is left, in milliseconds: Berth's own default. */
export const SHUTDOWN_TIMEOUT_MS = 8000;
/** How long after its own deadline a server is killed, in milliseconds. */
const KILL_AFTER_MS = 4000;

/** How a server ended. */
export interface Exit {
  /** What a shell would say: the exit code, or the signal that killed it. */
  status: string;
  /** From SIGTERM to the end of the process, in milliseconds. */
  tookMs: number;
  /** Whether a process of it was left. */
  hasOrphan: boolean;
}

/** Sends SIGTERM to the process alone, and resolves with its end, which is forced in the end. */
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

/** The ids of the requests that reached a handler, complete once the server has ended. */
export function acceptedBy(server: Run): Set<string> {
  return new Set([...server.output.text().matchAll(/"requestId":"([^"]+)"/g)].map(([, id]) => id!));
}
