// H5: has separate endpoints for liveness and readiness.
import { type Clause, fail, pass } from "../clause";
import type { Service } from "../startup";
import { responseLimitMs, type Context } from "../context";
import { send } from "../harness/http";
import { MissingResponse } from "../harness/missing-response";
import { until } from "../harness/wait";
import { seconds } from "../wording";

const drainDelayMs = 2000;
// A server that responds 200 to every path has no health endpoints.
const unknownPath = "/no-such-path";

/** The status of a path, or `undefined` when there is no response. */
async function statusOf(service: Service, path: string): Promise<number | undefined> {
  try {
    return (await send(service, { path }, responseLimitMs)).status;
  } catch (error) {
    if (error instanceof MissingResponse) return undefined;
    throw error;
  }
}

/** Both statuses as soon as readiness has changed after the signal, and the last time when it had not. */
async function whileDraining(service: Service, { livePath, readyPath }: Context["settings"]) {
  const from = performance.now();
  let stillReadyMs = 0;
  const changed = await until(async () => {
    const asked = performance.now() - from;
    const both = await Promise.all([statusOf(service, readyPath), statusOf(service, livePath)]);
    if (both[0] !== 200) return both;
    stillReadyMs = asked;
  }, drainDelayMs);
  const [ready, live] = changed ?? [200, 200];
  return { ready, live, stillReadyMs };
}

function checkDraining({ ready, live, stillReadyMs }: Awaited<ReturnType<typeof whileDraining>>) {
  if (stillReadyMs > drainDelayMs / 2)
    return fail(`still ready ${seconds(stillReadyMs)} after SIGTERM`);
  if (ready === undefined || live === undefined)
    return pass("200 and 200; draining not observed, as there is no drain delay");
  if (ready !== 503) return fail(`while draining, readiness is ${ready}`);
  if (live !== 200) return fail(`while draining, liveness is ${live}`);
  return pass("200 and 200; while draining 503 and 200");
}

export const clause: Clause = {
  id: "H5",
  level: "SHOULD",
  title: "splits liveness from readiness",
  demandedBy: "Kubernetes probes; Spring Boot's health groups",
  breaksOn:
    "Kubernetes: with one path for both, a database outage restarts every instance, and draining instances get traffic",
  fix: "/livez responds 200 while the process runs; /readyz 503 during an outage of a backing service or a drain",
  procedure:
    "--live-path and --ready-path respond 200, and an unknown path does not. After SIGTERM, within the drain delay, " +
    "readiness is 503 and liveness 200.",
  protocol: "http",
  async check(context) {
    const { livePath, readyPath, drainDelayEnv } = context.settings;
    const service = await context.start({ env: { [drainDelayEnv]: String(drainDelayMs) } });
    for (const path of [livePath, readyPath]) {
      const status = await statusOf(service, path);
      if (status !== 200) return fail(`GET ${path}: ${status ?? "no response"}`);
    }
    if ((await statusOf(service, unknownPath)) === 200)
      return fail(`responds 200 to any path, such as ${unknownPath}`);
    service.signal("SIGTERM", "group");
    return checkDraining(await whileDraining(service, context.settings));
  },
};
