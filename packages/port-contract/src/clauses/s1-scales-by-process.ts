// S1: runs as several instances that share no local state.
import { type Clause, fail, pass } from "../clause";
import type { Service } from "../startup";
import { responseLimitMs, type Context } from "../context";
import { send } from "../harness/http";
import { listOf } from "../wording";

const instances = 3;

/** Creates a resource on one instance and returns the path where another instance must find it. */
async function createOn({ settings }: Context, on: Service): Promise<string | undefined> {
  const { bodyPath, body } = settings;
  if (!bodyPath) return undefined;
  const headers = { "Content-Type": "application/json" };
  const request = { method: "POST", path: bodyPath, headers, body };
  const { location } = (await send(on, request, responseLimitMs)).headers;
  return location && resolvePath(location, bodyPath);
}

/** A Location may be relative to the request's path, or absolute with a host. */
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
    "everything that runs several instances: locks and fixed file names stop the second; state in memory is not shared",
  fix: "keep state in a backing service, and no file under a fixed name",
  procedure:
    "Start three instances: each responds on its own port. The Location of a POST to --body-path on one instance is " +
    "found on another.",
  async check(context) {
    const all = await Promise.all(Array.from({ length: instances }, () => context.start()));
    await Promise.all(all.map((service) => context.runProbe(service)));
    const shown = `${instances} respond, on ${listOf(all.map(({ port }) => port))}`;
    const [one, other] = all;
    const path = context.probe.name === "http" && one && (await createOn(context, one));
    if (!path || !other) return pass(`${shown}; no Location to look up on another instance`);
    const { statusLine, status } = await send(other, { path }, responseLimitMs);
    if (status !== 200)
      return fail(`${path} was created on one instance; another responds ${statusLine}`);
    return pass(`${shown}; ${path} created on one and found on another`);
  },
};
