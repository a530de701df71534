// Rolling restart: stops the next instance only once the one before is up again.
import type { Instance, Plan } from "./plan";
import { type Probe, strongestProbe } from "./readiness";
import type { Replace } from "./replace";

export interface RestartRequest {
  /** Process types. Empty for all except those that others wait for. */
  types: string[];
  /** Reports progress to the client. */
  say: (text: string) => void;
  /** Aborted when the client disconnects: the current instance is still started, the others are not restarted. */
  disconnected: AbortSignal;
}

/** Resolves when all instances are up again. @throws Error that names the one that is not, or why nothing was restarted */
export type Restart = (request: RestartRequest) => Promise<void>;

/** What runs from one change of .env to the next. */
export interface Generation {
  plan: Plan;
  /** Aborted, with the reason as text, when the formation ends or restarts with other variables. */
  ended: AbortSignal;
  /** The names of the instances that have been started so far. */
  started: Set<string>;
}

export interface RestartOptions {
  replace: Replace;
  generation: () => Generation;
  /** Prints a line about the formation. */
  say: (text: string) => void;
}

/** Returns a function that restarts instances, one request at a time. */
export function createRestart({ replace, generation, say }: RestartOptions): Restart {
  /** By type. Kept, since no probe succeeds on the only instance of a type after it has failed. */
  const probes = new Map<string, Probe>();
  let isBusy = false;

  async function restart({ types, say: respond, disconnected }: RestartRequest): Promise<void> {
    const { plan, ended, started } = generation();
    const instances = choose(plan, types);
    const missing = instances.find(({ name }) => ended.aborted || !started.has(name));
    if (missing) throw new Error(`${missing.name} has not been started yet: wait until it is`);
    await chooseProbes(plan, new Set(instances.map(typeOf)));

    const report = (text: string) => [say, respond].forEach((each) => each(text));
    for (const [index, instance] of instances.entries()) {
      const isOnlyInstance = instancesOf(plan, typeOf(instance)).length === 1;
      const probe = probes.get(typeOf(instance)) ?? "process";
      const problem = await replace(instance, {
        probe,
        isOnlyInstance,
        ended,
        disconnected,
        report,
      });
      if (problem === undefined) continue;
      const rest = instances.slice(index + 1).map(({ name }) => name);
      const text = `${problem}${rest.length > 0 ? `; not restarted: ${rest.join(", ")}` : ""}`;
      say(`the restart failed: ${text}`);
      throw new Error(text);
    }
  }

  /** Tries the probes on the running instances, before any of them is stopped. */
  async function chooseProbes(plan: Plan, types: Set<string>): Promise<void> {
    for (const type of types) {
      if (probes.get(type) === "http") continue;
      const probe = await strongestProbe(
        instancesOf(plan, type).map(({ env }) => Number(env.PORT)),
      );
      // The port of an instance that is starting, or has failed, is not open yet.
      if (probe !== "process") probes.set(type, probe);
    }
  }

  return async (request) => {
    if (isBusy) throw new Error("another restart is in progress: wait until it ends");
    isBusy = true;
    try {
      await restart(request);
    } finally {
      isBusy = false;
    }
  };
}

/** @throws Error when a type is not running, or there is none to restart. */
function choose(plan: Plan, types: string[]): Instance[] {
  const known = [...new Set(plan.instances.map(typeOf))];
  const unknown = types.find((type) => !known.includes(type));
  if (unknown !== undefined)
    throw new Error(
      `no process of type "${unknown}" is running: restart takes ${known.join(", ")}`,
    );
  const chosen = plan.instances.filter((instance) =>
    types.length > 0 ? types.includes(typeOf(instance)) : instance.awaited === undefined,
  );
  if (chosen.length === 0)
    throw new Error(
      `other processes wait for every running one: name the types to restart, ${known.join(", ")}`,
    );
  return chosen;
}

const instancesOf = ({ instances }: Plan, type: string): Instance[] =>
  instances.filter((instance) => typeOf(instance) === type);

/** `web` of `web.1`. */
const typeOf = ({ name }: Instance): string => name.slice(0, name.lastIndexOf("."));
