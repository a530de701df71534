// Experiment: an upstream that closes idle connections just as they are reused, and one that stops and starts every 100 ms.
import { clearTimeout, setTimeout } from "node:timers";
import { setTimeout as sleep } from "node:timers/promises";
import type { Finding } from "../experiments/run";
import { type CallerPlan, type Called, repeated, startCallers } from "./callers";
import type { Options } from "./options";
import { count, slowest } from "./observations";
import { startSubject } from "./subject";
import { jsonResponse, type Behaviour, type Upstream, startUpstream } from "./upstream";

const LASTS_MS = 8000;
const FLAP_MS = 100;
const CALL_LIMIT_MS = 8000;
/** The mean pause of callers, in milliseconds: as long as the upstream keeps connections, so that requests cross closes. */
const IDLE_MS = 3;

const PLANS: readonly CallerPlan[] = [
  { path: "/ask", method: "GET", count: 8, pauseMs: IDLE_MS },
  { path: "/ask", method: "POST", count: 4, pauseMs: IDLE_MS },
];

/** Closes a connection shortly after its response, every other one by a reset, as if it had been idle for too long. */
function closingIdle(): Behaviour {
  const timers = new WeakMap<object, NodeJS.Timeout>();
  return {
    onRequest(socket) {
      clearTimeout(timers.get(socket));
      socket.write(jsonResponse(200, '{"name":"Ada"}'));
      const end = () => (Math.random() < 0.5 ? socket.end() : socket.resetAndDestroy());
      timers.set(socket, setTimeout(end, 2 * Math.random() * IDLE_MS));
    },
  };
}

/** Runs both. */
export async function races({ node }: Options): Promise<Finding> {
  const idle = await race(node, closingIdle(), () => sleep(LASTS_MS));
  const flapping = await race(node, undefined, async (upstream) => {
    for (let flaps = 0; flaps < LASTS_MS / FLAP_MS / 2; flaps++) {
      await sleep(FLAP_MS);
      await upstream.stop();
      await sleep(FLAP_MS);
      await upstream.restart();
    }
  });
  return {
    rows: [...rowsOf("ends idle connections", idle), ...rowsOf("flaps every 100 ms", flapping)],
    missed: [
      ...judge("ends idle connections", idle, [200]),
      // A call that finds it stopped five times in a row may reach its deadline.
      ...judge("flaps every 100 ms", flapping, [200, 502, 503, 504]),
    ],
  };
}

interface Race {
  called: readonly Called[];
  postsArrived: readonly string[];
}

async function race(
  node: string,
  behaviour: Behaviour | undefined,
  goOn: (upstream: Upstream) => Promise<unknown>,
): Promise<Race> {
  const upstream = await startUpstream(behaviour);
  const subject = await startSubject(node, { stockUrl: upstream.url });
  const stop = startCallers(subject.port, PLANS);
  await goOn(upstream);
  const called = await stop();
  await subject.end();
  await upstream.stop();
  const posts = upstream.requests.filter(({ method }) => method === "POST");
  return { called, postsArrived: posts.map(({ path }) => path) };
}

const of = ({ called }: Race, method: string) =>
  called.filter(({ plan }) => plan.method === method);

function rowsOf(name: string, race: Race): Record<string, string>[] {
  return ["GET", "POST"].map((method) => ({
    "the other side": name,
    method,
    "callers got": count(of(race, method).map(({ status }) => `${status}`)),
    "ms at most": slowest(of(race, method)).toFixed(0),
    "ran twice": method === "POST" ? `${repeated(race.postsArrived)}` : "",
  }));
}

/** @param may The statuses that a GET may get. */
function judge(name: string, race: Race, may: readonly number[]): string[] {
  const missed: string[] = [];
  const failed = of(race, "GET").filter(({ status }) => !may.includes(status)).length;
  if (failed > 0) missed.push(`${name}: ${failed} GETs failed`);
  if (repeated(race.postsArrived) > 0) missed.push(`${name}: POSTs ran twice`);
  if (slowest(race.called) > CALL_LIMIT_MS)
    missed.push(`${name}: a call took over ${CALL_LIMIT_MS} ms`);
  return missed;
}
