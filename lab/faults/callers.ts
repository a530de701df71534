// Callers that send one request after the other, each with a unique id, until they are stopped.
import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { ask, type RequestResult, type RequestOptions } from "./ask";

/** Callers of one kind. */
export interface CallerPlan {
  path: string;
  method: NonNullable<RequestOptions["method"]>;
  count: number;
  /** The mean pause between a response and the caller's next request, in milliseconds. */
  pauseMs: number;
}

/** A request and its response. */
export interface Called extends RequestResult {
  id: string;
  plan: CallerPlan;
}

let lastId = 0;

/** Starts callers. The returned function lets each finish its request, and resolves to all requests. */
export function startCallers(port: number, plans: readonly CallerPlan[]): () => Promise<Called[]> {
  const agent = new Agent({ keepAlive: true });
  const all: Called[] = [];
  let isStopped = false;
  const converse = async (plan: CallerPlan): Promise<void> => {
    while (!isStopped) {
      const id = `call-${++lastId}`;
      const options = { method: plan.method, agent };
      all.push({ ...(await ask(port, `${plan.path}?id=${id}`, options)), id, plan });
      await sleep(2 * Math.random() * plan.pauseMs);
    }
  };
  const ended = plans.flatMap((plan) => Array.from({ length: plan.count }, () => converse(plan)));
  return async () => {
    isStopped = true;
    await Promise.all(ended);
    agent.destroy();
    return all;
  };
}

/** The number of ids that ran more than once. */
export function repeated(ids: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts.values()].filter((times) => times > 1).length;
}
