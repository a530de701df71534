// Starts a formation stage by stage, and runs it until a process exits or a stop is requested. Restarts it when .env changes.
import type { Child } from "./child";
import type { Instance, Plan } from "./plan";
import { acceptsConnections } from "./readiness";
import { createReplace } from "./replace";
import { createRestart, type Generation, type Restart } from "./restart";
import type { StopRequests } from "./signals";
import { createRestartBackoff, createSupervisor, type OnExit } from "./supervisor";

export interface FormationOptions {
  start: (instance: Instance) => Child;
  requests: StopRequests;
  /** Prints a line about the formation itself. */
  say: (text: string) => void;
  /** Resolves when .env changes, to the plan that replaces `plan`: with other variables, and without what is not used any more. */
  nextPlan: (plan: Plan) => Promise<Plan>;
  /** Resolves when these instances can be stopped without losing a request. */
  withdraw: (names: string[]) => Promise<void>;
  /** Whether a process that exits is restarted, instead of ending the formation. One-off processes are not restarted. */
  keepsRunning: boolean;
  /** Called whenever all processes of a plan are started. */
  onStarted?: () => void;
  /** Called once, with the function that restarts instances on request. */
  onRestartReady: (restart: Restart) => void;
}

/** Runs the first plan, and the plans that replace it. Resolves to the exit code once no process is left. */
export async function runFormation(first: Plan, options: FormationOptions): Promise<number> {
  const { requests, say, nextPlan, keepsRunning } = options;
  let endWith!: (code: number) => void;
  const ending = Promise.race([
    new Promise<number>((resolve) => (endWith = resolve)),
    requests.stop,
  ]);
  const supervisor = createSupervisor(options.start, requests.force, options.withdraw);
  const backoffMs = createRestartBackoff();
  let generation: Generation;
  let abortGeneration = new AbortController();

  /** The exit of a process ends the formation, unless the process is being restarted on request and not up yet. */
  function onExit(instance: Instance, isStarting = () => false): OnExit {
    return (code, ranMs) => {
      if (keepsRunning) return restart(instance, ranMs);
      if (!isStarting()) return endWith(code);
      say(`${instance.name} stays stopped until the next restart, or until .env changes`);
      void supervisor.stop([instance.name]);
    };
  }

  function restart({ name }: Instance, ranMs: number): void {
    const ms = backoffMs(name, ranMs);
    say(`restarting ${name} in ${ms / 1000} s`);
    // The process may have been started with the variables of an earlier generation.
    const instance = generation.plan.instances.find((each) => each.name === name) as Instance;
    void supervisor.restartIn(instance, ms, onExit(instance));
  }

  /** Starts an instance. Resolves once it is up, to whether the next stage may start. */
  async function startInstance(
    instance: Instance,
    isFirst: boolean,
    { ended, started }: Generation,
  ) {
    const { name, awaited, env } = instance;
    started.add(name);
    if (awaited === "end") {
      const code = await supervisor.start(instance, () => {}).exited;
      if (code === 0 || ended.aborted) return true;
      if (isFirst) endWith(code);
      else say(`${name} failed: the processes after it are not started until .env changes`);
      return false;
    }
    // A process that others wait for, such as a database, keeps running when .env changes.
    if (!supervisor.has(name)) {
      supervisor.start(instance, onExit(instance));
      if (awaited) say(`waiting for ${name} to listen on port ${env.PORT}`);
    }
    if (awaited) await acceptsConnections(Number(env.PORT), ended);
    return true;
  }

  async function startStages(current: Generation): Promise<void> {
    const isFirst = current.plan === first;
    for (const stage of current.plan.stages) {
      const areUp = await Promise.all(stage.map((each) => startInstance(each, isFirst, current)));
      if (current.ended.aborted || areUp.includes(false)) return;
    }
    options.onStarted?.();
  }

  const replace = createReplace(supervisor, onExit);
  options.onRestartReady(createRestart({ replace, generation: () => generation, say }));
  try {
    for (let plan = first; ;) {
      abortGeneration = new AbortController();
      generation = { plan, ended: abortGeneration.signal, started: new Set() };
      void startStages(generation);
      const next = await Promise.race([ending, nextPlan(plan)]);
      if (typeof next === "number") return next;
      abortGeneration.abort(".env has changed, which restarts the formation");
      say(".env has changed: restarting everything except the processes that others wait for");
      await supervisor.stop(replaceable(plan));
      // Such as a database that nothing uses any more.
      await supervisor.stop(plan.names.filter((name) => !next.names.includes(name)));
      plan = next;
    }
  } finally {
    abortGeneration.abort("the formation has ended");
    await supervisor.stopAll();
  }
}

/** The names of the instances that a change of .env restarts. */
function replaceable({ stages }: Plan): string[] {
  const instances = stages.flat().filter(({ awaited }) => awaited !== "port");
  return instances.map(({ name }) => name);
}
