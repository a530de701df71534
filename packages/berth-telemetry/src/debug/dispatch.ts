// Decides where a task is carried out: in this process, or in workers.
import type { Refusal, RunTask, Task } from "./captures";
import type { ProcessState } from "./state";

/** A task, and the process that it is for. */
export interface Order {
  task: Task;
  /** A worker's id; undefined for all workers, or for a process without workers. */
  worker: number | undefined;
}

/** The result of an order. */
export type Result =
  /** `missing`: the workers that did not respond in time because their event loop is blocked. */
  | { states: (ProcessState & { worker?: number })[]; missing: number[] }
  | { worker?: number; text: string }
  | { worker?: number; file: string }
  | Refusal;

/** Passes an order to the process that carries it out. @param end Ends it early. */
export type Dispatch = (order: Order, end: AbortSignal) => Promise<Result>;

/** The connection to other processes of the service. */
export interface Link {
  dispatch: Dispatch;
  /** Ends the tasks that this process carries out for others. */
  drain(): void;
  end(): void;
}

/** The time limit for a worker's state, in milliseconds: one whose event loop is blocked is left out. */
const STATE_MS = 1000;
/** How much longer than requested a profile may take, in milliseconds. */
const PROFILE_GRACE_MS = 10_000;
/** The time limit for a heap snapshot, in milliseconds: a supervisor kills a worker that is blocked for half a minute. */
const SNAPSHOT_MS = 60_000;

/** The time limit for a task, in milliseconds. */
export const limitFor = (task: Task): number => {
  if (task.kind === "state") return STATE_MS;
  return task.kind === "heap-snapshot" ? SNAPSHOT_MS : task.seconds * 1000 + PROFILE_GRACE_MS;
};

/** For a process without workers. */
export const runHere = (run: RunTask): Link => ({
  async dispatch({ task, worker }, end) {
    if (worker !== undefined) {
      return { status: 404, detail: "This process has no workers: omit ?worker." };
    }
    const outcome = await run(task, end);
    return "state" in outcome ? { states: [outcome.state], missing: [] } : outcome;
  },
  drain: () => undefined,
  end: () => undefined,
});
