// D2: completes the requests in flight at SIGTERM.
import { type Clause, fail, pass, skip } from "../clause";
import {
  canHold,
  holdRequests,
  type InFlight,
  needsRequestInFlight,
  terminate,
} from "../in-flight";
import { listOf } from "../wording";

/** How a request in flight was lost; `undefined` when it got a 2xx response. */
async function loss({ name, finish }: InFlight): Promise<string | undefined> {
  try {
    const { status, statusLine } = await finish();
    return status >= 200 && status < 300 ? undefined : `${name}: ${statusLine}`;
  } catch (error) {
    return `${name}: ${(error as Error).message}`;
  }
}

export const clause: Clause = {
  id: "D2",
  level: "MUST",
  title: "completes requests in flight",
  demandedBy: "The Twelve-Factor App (disposability); Knative's destroypod conformance test",
  breaksOn: "everywhere, at each deploy and each daily restart: waiting clients get resets and 502",
  fix: "on SIGTERM stop accepting and wait for the responses; never call process.exit in the handler",
  procedure:
    "Send three requests to --slow-path, and one to --body-path with half of its body; then SIGTERM; then the other " +
    "half: each gets a complete 2xx response.",
  protocol: "http",
  async check({ start, settings }) {
    if (!canHold(settings)) return skip(needsRequestInFlight);
    const service = await start();
    const held = await holdRequests(settings, service);
    await terminate(service, held);
    const losses = (await Promise.all(held.map(loss))).filter((one) => one !== undefined);
    if (losses.length === 0) return pass(`${held.length} of ${held.length} completed`);
    return fail(`${losses.length} of ${held.length} lost: ${listOf([...new Set(losses)])}`);
  },
};
