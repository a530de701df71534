// Passes a task to the worker that it is for: by way of the supervisor, over Node's cluster channel.
import cluster, { type Worker } from "node:cluster";
import { createRequests } from "../worker-requests";
import type { Outcome, RunTask, Task } from "./captures";
import { type Dispatch, limitFor, type Link, type Order, type Result } from "./dispatch";
import { createLock } from "./lock";

type ToSupervisor =
  | { debug: "here" }
  | { debug: "order"; id: number; order: Order }
  | { debug: "outcome"; id: number; outcome: Outcome }
  | { debug: "end"; id: number };
type ToWorker =
  | { debug: "task"; id: number; task: Task }
  | { debug: "result"; id: number; result: Result }
  | { debug: "end"; id: number };

/** The supervisor's side. */
export function dispatchToWorkers(): Link {
  const workers = new Set<Worker>();
  const requests = createRequests<Outcome>();
  /** The worker that each request was sent to. */
  const sentTo = new Map<number, Worker>();
  /** Ends an order that a worker has sent. */
  const orders = new Map<string, AbortController>();
  const lock = createLock();
  const post = (worker: Worker, message: ToWorker): void => {
    if (worker.isConnected()) worker.send(message, () => undefined);
  };

  async function ask(worker: Worker, task: Task, end: AbortSignal): Promise<Outcome | undefined> {
    let sent = 0;
    const outcome = await requests.send(limitFor(task), (id) => {
      sent = id;
      sentTo.set(id, worker);
      post(worker, { debug: "task", id, task });
      if (task.kind !== "state") {
        end.addEventListener("abort", () => post(worker, { debug: "end", id }));
      }
    });
    sentTo.delete(sent);
    // A worker that did not respond in time may not even have begun.
    if (!outcome) post(worker, { debug: "end", id: sent });
    return outcome;
  }

  const dispatch: Dispatch = async ({ task, worker: wanted }, end) => {
    const chosen = [...workers].filter(({ id }) => wanted === undefined || id === wanted);
    const [worker] = chosen;
    const ids = [...workers].map(({ id }) => id).join(", ");
    if (!worker) {
      return { status: 404, detail: `There is no such worker. Running workers: ${ids}.` };
    }
    if (task.kind === "state") {
      const all = chosen.map(async (each) => ({
        id: each.id,
        outcome: await ask(each, task, end),
      }));
      const states = (await Promise.all(all)).flatMap(({ id, outcome }) =>
        outcome && "state" in outcome ? [{ worker: id, ...outcome.state }] : [],
      );
      const responded = new Set(states.map((state) => state.worker));
      return { states, missing: chosen.map(({ id }) => id).filter((id) => !responded.has(id)) };
    }
    if (chosen.length > 1) {
      return {
        status: 400,
        detail: `Choose one of the workers ${ids}, as in ?worker=${worker.id}.`,
      };
    }
    const outcome = await ask(worker, task, end);
    if (outcome) return { worker: worker.id, ...outcome } as Result;
    return {
      status: 504,
      detail: `Worker ${worker.id} did not respond in time: its event loop is blocked.`,
    };
  };

  async function carryOut(worker: Worker, id: number, order: Order): Promise<Result> {
    const refusal = lock.take(order.task);
    if (refusal) return refusal;
    const key = `${worker.id}/${id}`;
    const end = new AbortController();
    orders.set(key, end);
    try {
      return await dispatch(order, end.signal);
    } finally {
      orders.delete(key);
      lock.release(order.task);
    }
  }

  const onMessage = (worker: Worker, message?: ToSupervisor): void => {
    if (message?.debug === "here") workers.add(worker);
    else if (message?.debug === "outcome") requests.settle(message.id, message.outcome);
    else if (message?.debug === "end") orders.get(`${worker.id}/${message.id}`)?.abort();
    else if (message?.debug === "order") {
      const { id, order } = message;
      void carryOut(worker, id, order).then((result) =>
        post(worker, { debug: "result", id, result }),
      );
    }
  };
  const onDisconnect = (worker: Worker): void => {
    workers.delete(worker);
    for (const [id, { id: sent }] of sentTo) {
      if (sent === worker.id)
        requests.settle(id, { status: 503, detail: "The worker has exited." });
    }
  };
  cluster.on("message", onMessage);
  cluster.on("disconnect", onDisconnect);
  return {
    dispatch,
    drain: () => undefined,
    end() {
      cluster.off("message", onMessage);
      cluster.off("disconnect", onDisconnect);
    },
  };
}

/** A worker's side. */
export function joinSupervisor(run: RunTask): Link {
  const requests = createRequests<Result>();
  const running = new Map<number, AbortController>();
  const post = (message: ToSupervisor): void => {
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  };
  async function carryOut(id: number, task: Task): Promise<void> {
    const end = new AbortController();
    running.set(id, end);
    const outcome = await run(task, end.signal);
    running.delete(id);
    post({ debug: "outcome", id, outcome });
  }
  const onMessage = (message?: ToWorker): void => {
    if (message?.debug === "result") requests.settle(message.id, message.result);
    else if (message?.debug === "end") running.get(message.id)?.abort();
    else if (message?.debug === "task") void carryOut(message.id, message.task);
  };
  process.on("message", onMessage);
  post({ debug: "here" });
  return {
    async dispatch(order, end) {
      const result = await requests.send(2 * limitFor(order.task), (id) => {
        post({ debug: "order", id, order });
        end.addEventListener("abort", () => post({ debug: "end", id }));
      });
      return result ?? { status: 504, detail: "The supervisor does not respond." };
    },
    drain() {
      for (const end of running.values()) end.abort();
    },
    end: () => void process.off("message", onMessage),
  };
}
