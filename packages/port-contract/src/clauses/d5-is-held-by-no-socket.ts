// D5: a socket on which nothing happens keeps no process alive.
import { randomBytes } from "node:crypto";
import { type Clause, fail, pass } from "../clause";
import type { Service } from "../come-up";
import { answerLimitMs, type Context } from "../context";
import { connect } from "../harness/connection";
import { exchange } from "../harness/http";
import { within } from "../harness/wait";
import { isGone, stop } from "../harness/stop";
import { describeEnding, listOf } from "../wording";

/** Leaves a socket open in one way, and says whether the service went along with it. */
type Holder = (context: Context, service: Service) => Promise<boolean>;

const unused: Holder = async (_context, service) => {
  await connect(service);
  return true;
};

const idle: Holder = async ({ probe, settings }, service) => {
  const connection = await connect(service);
  await probe.ask(connection, settings, answerLimitMs);
  return true;
};

const upgraded: Holder = async ({ settings, probe }, service) => {
  if (probe.name !== "http") return false;
  const headers = {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
  };
  const answer = exchange(
    await connect(service),
    { path: settings.path, headers },
    answerLimitMs,
  ).catch(() => undefined);
  return (await within(answer, 1000))?.status === 101;
};

const holders = { "never-used": unused, idle, upgraded };
type Kind = keyof typeof holders;

/** Opens one socket of each kind, and returns how the service then ends, and the kinds that it knows. */
async function endWith(context: Context, kinds: readonly Kind[], graceMs: number) {
  const service = await context.start();
  const known = await Promise.all(kinds.map((kind) => holders[kind](context, service)));
  const ending = await stop(service, graceMs);
  return { kinds: kinds.filter((_, index) => known[index]), ending };
}

/** Tries the kinds one by one and names those that hold the service. */
async function culprits(context: Context, kinds: readonly Kind[], graceMs: number) {
  const tried = await Promise.all(kinds.map((kind) => endWith(context, [kind], graceMs)));
  return tried.flatMap((one) => (isGone(one.ending) ? [] : one.kinds));
}

export const clause: Clause = {
  id: "D5",
  level: "MUST",
  title: "is not held by idle, never-used or upgraded sockets",
  demandedBy: "nodejs/node#63452: sockets that never sent a byte hold server.close() on Node 18-24",
  breaksOn:
    "everywhere: routers and browsers open sockets ahead of need, and the grace ends in SIGKILL",
  mend: "track sockets: end idle and unused ones after a short time, close upgraded ones (WebSocket 1001)",
  procedure:
    "One socket of each kind is open: never used, idle after a request, upgraded to WebSocket (left out where the path " +
    "does not upgrade). SIGTERM: it exits within the grace. If not, each kind is tried alone, to name the culprit.",
  needs: ["D1"],
  async check(context) {
    const graceMs = context.settings.platform.graceSeconds * 1000;
    const all = Object.keys(holders) as Kind[];
    const { kinds, ending } = await endWith(context, all, graceMs);
    const described = describeEnding(ending, graceMs);
    if (isGone(ending)) return pass(`${listOf(kinds)}: ${described}`);
    return fail(`held by ${listOf(await culprits(context, kinds, graceMs))}: ${described}`);
  },
};
