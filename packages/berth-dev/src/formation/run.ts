// Runs a formation: stage by stage, until a process exits or a stop is requested; restarts it when its variables change.
import type { Child } from "./child";
import type { Instance, Plan } from "./plan";
import { acceptsConnections } from "./readiness";
import { createReplace } from "./replace";
import { createRestart, type Restart, type Round } from "./restart";
import type { StopRequests } from "./signals";
import { createRestartBackoff, createSupervisor, type OnExit } from "./supervisor";

export interface FormationOptions {
  start: (instance: Instance) => Child;
  requests: StopRequests;
  /** Prints a line about the formation itself. */
  say: (text: string) => void;
  /** Resolves to the plan that replaces `plan`: the same instances, with other variables. */
  changed: (plan: Plan) => Promise<Plan>;
  /** Resolves when these instances can be stopped without losing a request. */
  withdraw: (names: string[]) => Promise<void>;
  /** Restarts processes that exit, instead of ending the formation. One-off processes are not restarted. */
  keepsRunning: boolean;
  /** Receives the function that restarts instances on request. */
  offer: (restart: Restart) => void;
}

/** Runs the plan, and those that replace it. Resolves to the exit code once no process is left. */
export async function runFormation(first: Plan, options: FormationOptions): Promise<number> {
  const { requests, say, changed, keepsRunning } = options;
  let end!: (code: number) => void;
  const ending = Promise.race([new Promise<number>((resolve) => (end = resolve)), requests.stop]);
  const supervisor = createSupervisor(options.start, requests.force, options.withdraw);
  const backoffMs = createRestartBackoff();
  let round: Round;
  let abortRound = new AbortController();

  /** The exit of a process that should keep running ends the formation, unless it has only just been restarted on request. */
  function onExit(instance: Instance, isOnTrial = () => false): OnExit {
    return (code, ranMs) => {
      if (keepsRunning) return restart(instance, ranMs);
      if (!isOnTrial()) return end(code);
      say(`${instance.name} stays stopped until the next restart, or until .env changes`);
      void supervisor.stop([instance.name]);
    };
  }

  function restart({ name }: Instance, ranMs: number): void {
    const ms = backoffMs(name, ranMs);
    say(`restarting ${name} in ${ms / 1000} s`);
    // A process that others wait for may have been started with the variables of an earlier round.
    const instance = round.plan.instances.find((each) => each.name === name) as Instance;
    void supervisor.restartIn(instance, ms, onExit(instance));
  }

  /** Resolves once the next stage may start, to whether it may. */
  async function begin(instance: Instance, isFirst: boolean, { over, begun }: Round) {
    const { name, awaited, env } = instance;
    begun.add(name);
    if (awaited === "end") {
      const code = await supervisor.start(instance, () => {}).exited;
      if (code === 0 || over.aborted) return true;
      if (isFirst) end(code);
      else say(`${name} failed: the processes after it are not started until .env changes`);
      return false;
    }
    // A process that others wait for keeps running over the rounds.
    if (!supervisor.has(name)) {
      supervisor.start(instance, onExit(instance));
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

  const replace = createReplace(supervisor, onExit);
  options.offer(createRestart({ replace, round: () => round, say }));
  try {
    for (let plan = first; ;) {
      abortRound = new AbortController();
      round = { plan, over: abortRound.signal, begun: new Set() };
      void startStages(round);
      const next = await Promise.race([ending, changed(plan)]);
      if (typeof next === "number") return next;
      abortRound.abort(".env has changed, which restarts the formation");
      say(".env has changed: restarting everything except the processes that others wait for");
      await supervisor.stop(replaceable(plan));
      plan = next;
    }
  } finally {
    abortRound.abort("the formation has ended");
    await supervisor.stopAll();
  }
}

/** The names of the instances that a change of .env restarts. */
function replaceable({ stages }: Plan): string[] {
  const instances = stages.flat().filter(({ awaited }) => awaited !== "port");
  return instances.map(({ name }) => name);
}
