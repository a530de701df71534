// Restarts the instances of process types one by one: the next is not touched before the one at hand is up again.
import type { Instance, Plan } from "./plan";
import { signOf, type Sign } from "./readiness";
import type { Replace } from "./replace";

export interface RestartRequest {
  /** Process types; none for all but those that others wait for. */
  types: string[];
  /** Tells the one who asks how far it is. */
  say: (text: string) => void;
  /** Aborted when that one is gone: the instance at hand is started, no other one touched. */
  gone: AbortSignal;
}

/** Resolves when all are up again; rejects with an Error that says which one is not, or why nothing was done. */
export type Restart = (request: RestartRequest) => Promise<void>;

/** The time between two changes of .env. */
export interface Round {
  plan: Plan;
  /** Aborted, with a text that says why, when the formation ends or starts anew with other variables. */
  over: AbortSignal;
  /** The names of what has been started at all. */
  begun: Set<string>;
}

export interface RestartOptions {
  replace: Replace;
  round: () => Round;
  /** Says something about the formation to those who watch it. */
  say: (text: string) => void;
}

/** Returns what restarts, one request at a time. */
export function createRestart({ replace, round, say }: RestartOptions): Restart {
  /** By type, and kept: one that has failed and is alone of its type shows nothing. */
  const signs = new Map<string, Sign>();
  let isBusy = false;

  async function restart({ types, say: answer, gone }: RestartRequest): Promise<void> {
    const { plan, over, begun } = round();
    const instances = choose(plan, types);
    const missing = instances.find(({ name }) => over.aborted || !begun.has(name));
    if (missing) throw new Error(`${missing.name} has not been started yet: wait until it is`);
    await learnSigns(plan, new Set(instances.map(typeOf)));

    const tell = (text: string) => [say, answer].forEach((each) => each(text));
    for (const [index, instance] of instances.entries()) {
      const isAlone = instancesOf(plan, typeOf(instance)).length === 1;
      const sign = signs.get(typeOf(instance)) ?? "runs";
      const problem = await replace(instance, { sign, isAlone, over, gone, tell });
      if (problem === undefined) continue;
      const rest = instances.slice(index + 1).map(({ name }) => name);
      const text = `${problem}${rest.length > 0 ? `; left as it was: ${rest.join(", ")}` : ""}`;
      say(`the restart has failed: ${text}`);
      throw new Error(text);
    }
  }

  /** Looks at what runs, before anything is stopped. */
  async function learnSigns(plan: Plan, types: Set<string>): Promise<void> {
    for (const type of types) {
      if (signs.get(type) === "http") continue;
      const sign = await signOf(instancesOf(plan, type).map(({ env }) => Number(env.PORT)));
      // An instance that is just starting, or has failed, shows less than it will.
      if (sign !== "runs") signs.set(type, sign);
    }
  }

  return async (request) => {
    if (isBusy) throw new Error("another restart is under way: wait for its end");
    isBusy = true;
    try {
      await restart(request);
    } finally {
      isBusy = false;
    }
  };
}

/** @throws Error when that is nothing that runs. */
function choose(plan: Plan, types: string[]): Instance[] {
  const known = [...new Set(plan.instances.map(typeOf))];
  const unknown = types.find((type) => !known.includes(type));
  if (unknown !== undefined)
    throw new Error(`nothing runs as "${unknown}": restart takes ${known.join(", ")}`);
  const chosen = plan.instances.filter((instance) =>
    types.length > 0 ? types.includes(typeOf(instance)) : instance.awaited === undefined,
  );
  if (chosen.length === 0)
    throw new Error(`others wait for all that runs: name what to restart, ${known.join(", ")}`);
  return chosen;
}

const instancesOf = ({ instances }: Plan, type: string): Instance[] =>
  instances.filter((instance) => typeOf(instance) === type);

/** `web` of `web.1`. */
const typeOf = ({ name }: Instance): string => name.slice(0, name.lastIndexOf("."));
