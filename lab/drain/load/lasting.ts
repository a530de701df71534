// Connections that should last, each opened anew whenever it ends.
import { setTimeout as sleep } from "node:timers/promises";
import type { Failure } from "./failure";

/** How one connection has ended. */
export interface Ending {
  /** Missing when it ended as its protocol has it. */
  failure?: Failure;
}

/** Before the next try of a client that was turned away, in milliseconds. */
const RETRY_MS = 50;

/**
 * Keeps as many open until the signal is aborted, and resolves then with how those before the last ones ended.
 * @param open One connection from its start to its end.
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
      // The end of the last one is this side's.
      if (stopped.aborted) return;
      endings.push(ending);
      if (ending.failure) await sleep(RETRY_MS);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return endings;
}
