// Where a task is carried out: in this process, or in workers.
import type { Refusal, RunTask, Task } from "./captures";
import type { ProcessState } from "./state";

/** A task, and whom it is for. */
export interface Order {
  task: Task;
  /** Undefined for all workers, or the only one. */
  worker: number | undefined;
}

/** What an order has led to. */
export type Result =
  /** `missing`: the workers that did not respond in time, as their event loop is blocked. */
  | { states: (ProcessState & { worker?: number })[]; missing: number[] }
  | { worker?: number; text: string }
  | { worker?: number; file: string }
  | Refusal;

/** Has an order carried out. @param end Ends it early. */
export type Dispatch = (order: Order, end: AbortSignal) => Promise<Result>;

/** The connection to other processes of the service. */
export interface Link {
  dispatch: Dispatch;
  /** Ends what others have ordered of this process. */
  drain(): void;
  end(): void;
}

/** How long a worker may take for its state, in milliseconds: one whose event loop is blocked is left out. */
const STATE_MS = 1000;
/** How much longer a profile may take than it was asked to, in milliseconds. */
const PROFILE_GRACE_MS = 10_000;
/** How long a heap snapshot may take, in milliseconds: a supervisor kills a worker that is blocked for half a minute. */
const SNAPSHOT_MS = 60_000;

/** How long a process may take for a task, in milliseconds. */
export const limitFor = (task: Task): number => {
  if (task.kind === "state") return STATE_MS;
  return task.kind === "heap-snapshot" ? SNAPSHOT_MS : task.seconds * 1000 + PROFILE_GRACE_MS;
};

/** In a process without workers. */
export const runHere = (run: RunTask): Link => ({
  async dispatch({ task, worker }, end) {
    if (worker !== undefined) {
      return { status: 404, detail: "This process has no workers: leave ?worker out." };
    }
    const outcome = await run(task, end);
    return "state" in outcome ? { states: [outcome.state], missing: [] } : outcome;
  },
  drain: () => undefined,
  end: () => undefined,
});
