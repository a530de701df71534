// Restarts instances one by one: the next is stopped only after the one before is up again.
import type { Instance, Plan } from "./plan";
import { signOf, type Sign } from "./readiness";
import type { Replace } from "./replace";

export interface RestartRequest {
  /** Process types. Empty for all except those that others wait for. */
  types: string[];
  /** Reports progress to the client. */
  say: (text: string) => void;
  /** Aborted when the client disconnects: the current instance is still started, the next ones are left alone. */
  gone: AbortSignal;
}

/** Resolves when all are up again. Rejects with an Error that says which one is not, or why nothing was done. */
export type Restart = (request: RestartRequest) => Promise<void>;

/** The time between two changes of .env. */
export interface Round {
  plan: Plan;
  /** Aborted, with the reason as text, when the formation ends or restarts with other variables. */
  over: AbortSignal;
  /** The names of the instances that have been started in this round. */
  begun: Set<string>;
}

export interface RestartOptions {
  replace: Replace;
  round: () => Round;
  /** Prints a line about the formation. */
  say: (text: string) => void;
}

/** Returns a function that restarts instances, one request at a time. */
export function createRestart({ replace, round, say }: RestartOptions): Restart {
  /** By type, and kept: an instance that failed and is the only one of its type shows no sign. */
  const signs = new Map<string, Sign>();
  let isBusy = false;

  async function restart({ types, say: respond, gone }: RestartRequest): Promise<void> {
    const { plan, over, begun } = round();
    const instances = choose(plan, types);
    const missing = instances.find(({ name }) => over.aborted || !begun.has(name));
    if (missing) throw new Error(`${missing.name} has not been started yet: wait until it is`);
    await learnSigns(plan, new Set(instances.map(typeOf)));

    const report = (text: string) => [say, respond].forEach((each) => each(text));
    for (const [index, instance] of instances.entries()) {
      const isAlone = instancesOf(plan, typeOf(instance)).length === 1;
      const sign = signs.get(typeOf(instance)) ?? "runs";
      const problem = await replace(instance, { sign, isAlone, over, gone, report });
      if (problem === undefined) continue;
      const rest = instances.slice(index + 1).map(({ name }) => name);
      const text = `${problem}${rest.length > 0 ? `; not restarted: ${rest.join(", ")}` : ""}`;
      say(`the restart failed: ${text}`);
      throw new Error(text);
    }
  }

  /** Checks the running instances before any of them is stopped. */
  async function learnSigns(plan: Plan, types: Set<string>): Promise<void> {
    for (const type of types) {
      if (signs.get(type) === "http") continue;
      const sign = await signOf(instancesOf(plan, type).map(({ env }) => Number(env.PORT)));
      // An instance that is starting, or has failed, shows less than it will.
      if (sign !== "runs") signs.set(type, sign);
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
