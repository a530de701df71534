// The life of a formation: stage by stage, until a process ends or someone wants an end; anew when its variables change.
import { setTimeout as delay } from "node:timers/promises";
import { acceptsConnections } from "./accepts";
import type { Child } from "./child";
import type { Instance, Plan } from "./plan";
import type { StopRequests } from "./signals";

/** Time to stop after SIGTERM before SIGKILL, as Heroku's local runner and others give. */
const GRACE_MS = 5000;
/** Time for what SIGKILL has ended to be gone, and for its last output to arrive. */
const AFTERMATH_MS = 1000;
const POLL_MS = 20;

export interface FormationOptions {
  start: (instance: Instance) => Child;
  requests: StopRequests;
  /** Says something about the formation itself. */
  say: (text: string) => void;
  /** Resolves to the plan that is to replace `plan`: the same instances, with other variables. */
  changed: (plan: Plan) => Promise<Plan>;
}

/** Runs the plan, and those that replace it, and resolves to the exit code once nothing is left of any process. */
export async function runFormation(first: Plan, options: FormationOptions): Promise<number> {
  const { start, requests, say, changed } = options;
  const children = new Map<string, Child>();
  let end!: (code: number) => void;
  const over = Promise.race([new Promise<number>((resolve) => (end = resolve)), requests.stop]);

  /** Resolves to whether what comes after it may begin, once it may. */
  async function begin(instance: Instance, isFirst: boolean, round: AbortSignal): Promise<boolean> {
    const { name, awaited, env } = instance;
    if (children.has(name)) return true;
    const child = start(instance);
    children.set(name, child);
    if (awaited === "end") {
      const code = await child.exited;
      if (code === 0 || round.aborted) return true;
      if (isFirst) end(code);
      else say(`${name} has failed: what comes after it is not started before .env is changed`);
      return false;
    }
    // What is awaited stays over the rounds, and ends the formation in any of them.
    void child.exited.then((code) => (awaited || !round.aborted) && end(code));
    if (awaited) {
      say(`waiting for ${name} to listen on port ${env.PORT}`);
      await acceptsConnections(Number(env.PORT), round);
    }
    return true;
  }

  async function startStages({ stages }: Plan, isFirst: boolean, round: AbortSignal) {
    for (const stage of stages) {
      const begun = await Promise.all(stage.map((instance) => begin(instance, isFirst, round)));
      if (round.aborted || begun.includes(false)) return;
    }
  }

  try {
    for (let plan = first; ;) {
      const round = new AbortController();
      void startStages(plan, plan === first, round.signal);
      const next = await Promise.race([over, changed(plan)]);
      round.abort();
      if (typeof next === "number") return next;
      say(".env has changed: starting anew all but what others wait for");
      await stopAll(takeReplaceable(plan, children), requests.force);
      plan = next;
    }
  } finally {
    await stopAll([...children.values()], requests.force);
  }
}

/** Removes from `children` what is to be started anew, and returns it. */
function takeReplaceable({ stages }: Plan, children: Map<string, Child>): Child[] {
  const instances = stages.flat().filter(({ awaited }) => awaited !== "port");
  return instances.flatMap(({ name }) => {
    const child = children.get(name);
    children.delete(name);
    return child ?? [];
  });
}

/** Signals groups, not processes: what a process has started must not stay behind with its port. */
async function stopAll(children: Child[], force: Promise<void>): Promise<void> {
  const signalAll = (name: NodeJS.Signals) => children.forEach((child) => child.signal(name));
  signalAll("SIGTERM");
  await Promise.race([allGone(children, GRACE_MS), force]);
  signalAll("SIGKILL");
  await allGone(children, AFTERMATH_MS);
  await Promise.race([Promise.all(children.map(({ finished }) => finished)), delay(AFTERMATH_MS)]);
}

/** Only the leader of a group reports its end, so the others have to be looked for. */
async function allGone(children: Child[], timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (children.some((child) => child.isAlive()) && performance.now() < deadline) {
    await delay(POLL_MS);
  }
}
