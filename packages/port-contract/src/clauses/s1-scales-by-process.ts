// S1: more instances, and none that knows something alone.
import { type Clause, fail, pass } from "../clause";
import type { Service } from "../come-up";
import { answerLimitMs, type Context } from "../context";
import { send } from "../harness/http";
import { listOf } from "../wording";

const instances = 3;

/** Makes something on one instance and returns the path where another one must know it. */
async function make({ settings }: Context, on: Service): Promise<string | undefined> {
  const { bodyPath, body } = settings;
  if (!bodyPath) return undefined;
  const headers = { "Content-Type": "application/json" };
  const request = { method: "POST", path: bodyPath, headers, body };
  const made = await send(on, request, answerLimitMs);
  return made.headers.location && resolvePath(made.headers.location, bodyPath);
}

/** A Location may be relative to the path that it answers, or have a host. */
function resolvePath(location: string, from: string): string {
  const { pathname, search } = new URL(location, new URL(from, "http://localhost"));
  return pathname + search;
}

export const clause: Clause = {
  id: "S1",
  level: "MUST",
  title: "scales to several instances on different ports, sharing nothing",
  demandedBy: "The Twelve-Factor App (processes, concurrency)",
  breaksOn:
    "everything that runs more than one: locks and fixed files stop the second, memory hides what the first knows",
  mend: "keep state in a backing service, and nothing under a fixed name on disk",
  procedure:
    "Three instances at once, each answers on its own port; what POST --body-path makes on one (its Location) is found " +
    "on another.",
  async check(context) {
    const all = await Promise.all(Array.from({ length: instances }, () => context.start()));
    await Promise.all(all.map((service) => context.ask(service)));
    const shown = `${instances} answer, on ${listOf(all.map(({ port }) => port))}`;
    const [maker, other] = all;
    const path = context.probe.name === "http" && maker && (await make(context, maker));
    if (!path || !other) return pass(`${shown}; no Location to follow from one to another`);
    const { statusLine, status } = await send(other, { path }, answerLimitMs);
    if (status !== 200) return fail(`${path} was made on one instance; another says ${statusLine}`);
    return pass(`${shown}; ${path} made on one and found on another`);
  },
};
