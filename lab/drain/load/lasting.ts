// Keeps long-lived connections open, and reopens each one whenever it ends.
import { setTimeout as sleep } from "node:timers/promises";
import type { Failure } from "./failure";

/** How a connection ended. */
export interface Ending {
  /** Missing when it ended properly. */
  failure?: Failure;
}

/** The pause after a failed connection attempt, in milliseconds. */
const RETRY_MS = 50;

/**
 * Keeps this many open until the signal is aborted, then resolves to how all of them ended except the last ones.
 * @param open Opens a connection and resolves when it has ended.
 */
export async function keepOpen(
  clients: number,
  stopped: AbortSignal,
  open: () => Promise<Ending>,
): Promise<Ending[]> {
  const endings: Ending[] = [];
  const client = async (): Promise<void> => {
    while (!stopped.aborted) {
      const ending = await open();
      // The last connection is ended by the client.
      if (stopped.aborted) return;
      endings.push(ending);
      if (ending.failure) await sleep(RETRY_MS);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return endings;
}
