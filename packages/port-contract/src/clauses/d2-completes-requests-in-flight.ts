// D2: what has been accepted is answered.
import { type Clause, fail, pass, skip } from "../clause";
import { canHold, holdRequests, type InFlight, nothingToHold, terminate } from "../in-flight";
import { listOf } from "../wording";

/** What became of one request that was in flight; `undefined` when it was answered well. */
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
  breaksOn:
    "everywhere, at each deploy and each daily restart: resets and 502 for whoever was waiting",
  mend: "on SIGTERM stop accepting and wait for the responses; never process.exit in the handler",
  procedure:
    "Three requests to --slow-path and one to --body-path with half of its body sent, then SIGTERM, then the other half: " +
    "each is answered 2xx, with its whole body.",
  protocol: "http",
  async check({ start, settings }) {
    if (!canHold(settings)) return skip(nothingToHold);
    const service = await start();
    const held = await holdRequests(settings, service);
    await terminate(service, held);
    const losses = (await Promise.all(held.map(loss))).filter((one) => one !== undefined);
    if (losses.length === 0) return pass(`${held.length} of ${held.length} answered`);
    return fail(`${losses.length} of ${held.length} lost: ${listOf([...new Set(losses)])}`);
  },
};
