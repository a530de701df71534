// The life of a formation: stage by stage, until a process ends or someone wants an end; anew when its variables change.
import { acceptsConnections } from "./accepts";
import { createBackOff } from "./back-off";
import type { Child } from "./child";
import { createCrew, type OnEnd } from "./crew";
import type { Instance, Plan } from "./plan";
import { createReplace } from "./replace";
import { createRestart, type Restart, type Round } from "./restart";
import type { StopRequests } from "./signals";

export interface FormationOptions {
  start: (instance: Instance) => Child;
  requests: StopRequests;
  /** Says something about the formation itself. */
  say: (text: string) => void;
  /** Resolves to the plan that is to replace `plan`: the same instances, with other variables. */
  changed: (plan: Plan) => Promise<Plan>;
  /** Resolves when these instances can be stopped without a loss. */
  leave: (names: string[]) => Promise<void>;
  /** Starts anew what ends, instead of ending the formation; not what is to end. */
  keepsRunning: boolean;
  /** Takes what restarts instances, for those who ask for it. */
  offer: (restart: Restart) => void;
}

/** Runs the plan, and those that replace it, and resolves to the exit code once nothing is left of any process. */
export async function runFormation(first: Plan, options: FormationOptions): Promise<number> {
  const { requests, say, changed, keepsRunning } = options;
  let end!: (code: number) => void;
  const ending = Promise.race([new Promise<number>((resolve) => (end = resolve)), requests.stop]);
  const crew = createCrew(options.start, requests.force, options.leave);
  const backOffMs = createBackOff();
  let round: Round;
  let leaving = new AbortController();

  /** The end of a process that was to stay: the others go on without it only when it is on trial. */
  function onEnd(instance: Instance, isOnTrial = () => false): OnEnd {
    return (code, ranMs) => {
      if (keepsRunning) return startAnew(instance, ranMs);
      if (!isOnTrial()) return end(code);
      say(`${instance.name} is started by the next restart, or when .env has changed`);
      void crew.stop([instance.name]);
    };
  }

  function startAnew({ name }: Instance, ranMs: number): void {
    const ms = backOffMs(name, ranMs);
    say(`starting ${name} anew in ${ms / 1000} s`);
    // What others wait for may have been started with variables of an earlier round.
    const instance = round.plan.instances.find((each) => each.name === name) as Instance;
    void crew.startAnew(instance, ms, onEnd(instance));
  }

  /** Resolves to whether what comes after it may begin, once it may. */
  async function begin(instance: Instance, isFirst: boolean, { over, begun }: Round) {
    const { name, awaited, env } = instance;
    begun.add(name);
    if (awaited === "end") {
      const code = await crew.start(instance, () => {}).exited;
      if (code === 0 || over.aborted) return true;
      if (isFirst) end(code);
      else say(`${name} has failed: what comes after it is not started before .env is changed`);
      return false;
    }
    // What is awaited stays over the rounds.
    if (!crew.has(name)) {
      crew.start(instance, onEnd(instance));
      if (awaited) say(`waiting for ${name} to listen on port ${env.PORT}`);
    }
    if (awaited) await acceptsConnections(Number(env.PORT), over);
    return true;
  }

  async function startStages(current: Round): Promise<void> {
    const isFirst = current.plan === first;
    for (const stage of current.plan.stages) {
      const begun = await Promise.all(stage.map((each) => begin(each, isFirst, current)));
      if (current.over.aborted || begun.includes(false)) return;
    }
  }

  const replace = createReplace(crew, onEnd);
  options.offer(createRestart({ replace, round: () => round, say }));
  try {
    for (let plan = first; ;) {
      leaving = new AbortController();
      round = { plan, over: leaving.signal, begun: new Set() };
      void startStages(round);
      const next = await Promise.race([ending, changed(plan)]);
      if (typeof next === "number") return next;
      leaving.abort(".env has changed, with which all start anew");
      say(".env has changed: starting anew all but what others wait for");
      await crew.stop(replaceable(plan));
      plan = next;
    }
  } finally {
    leaving.abort("the formation has ended");
    await crew.stopAll();
  }
}

/** The names of what is to be started anew. */
function replaceable({ stages }: Plan): string[] {
  const instances = stages.flat().filter(({ awaited }) => awaited !== "port");
  return instances.map(({ name }) => name);
}
