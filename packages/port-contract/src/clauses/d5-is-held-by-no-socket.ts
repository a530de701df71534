// D5: no inactive socket keeps the process alive.
import { randomBytes } from "node:crypto";
import { type Clause, fail, pass } from "../clause";
import type { Service } from "../startup";
import { responseLimitMs, type Context } from "../context";
import { connect } from "../harness/connection";
import { exchange } from "../harness/http";
import { within } from "../harness/wait";
import { isGone, stop } from "../harness/stop";
import { describeEnding, listOf } from "../wording";

/** Opens a socket of one kind and leaves it open; false if the service does not support that kind. */
type Opener = (context: Context, service: Service) => Promise<boolean>;

const unused: Opener = async (_context, service) => {
  await connect(service);
  return true;
};

const idle: Opener = async ({ probe, settings }, service) => {
  const connection = await connect(service);
  await probe.run(connection, settings, responseLimitMs);
  return true;
};

const upgraded: Opener = async ({ settings, probe }, service) => {
  if (probe.name !== "http") return false;
  const headers = {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
  };
  const response = exchange(
    await connect(service),
    { path: settings.path, headers },
    responseLimitMs,
  ).catch(() => undefined);
  return (await within(response, 1000))?.status === 101;
};

const openers = { "never-used": unused, idle, upgraded };
type Kind = keyof typeof openers;

/** Opens one socket of each kind, stops the service, and returns its ending and the kinds that it supports. */
async function endWith(context: Context, kinds: readonly Kind[], graceMs: number) {
  const service = await context.start();
  const supported = await Promise.all(kinds.map((kind) => openers[kind](context, service)));
  const ending = await stop(service, graceMs);
  return { kinds: kinds.filter((_, index) => supported[index]), ending };
}

/** Tries each kind alone and returns those that keep the service alive. */
async function culprits(context: Context, kinds: readonly Kind[], graceMs: number) {
  const tried = await Promise.all(kinds.map((kind) => endWith(context, [kind], graceMs)));
  return tried.flatMap((one) => (isGone(one.ending) ? [] : one.kinds));
}

export const clause: Clause = {
  id: "D5",
  level: "MUST",
  title: "is not kept alive by idle, never-used or upgraded sockets",
  demandedBy:
    "nodejs/node#63452: sockets that never sent a byte block server.close() on Node 18-24",
  breaksOn:
    "everywhere: routers and browsers open sockets in advance, so the grace period ends in SIGKILL",
  fix: "track sockets: end idle and unused ones after a short time, close upgraded ones (WebSocket 1001)",
  procedure:
    "Open one socket of each kind: never used, idle after a request, upgraded to WebSocket (if the path supports it). " +
    "On SIGTERM the service exits within the grace period. If not, each kind is tried alone to find the cause.",
  needs: ["D1"],
  async check(context) {
    const graceMs = context.settings.platform.graceSeconds * 1000;
    const all = Object.keys(openers) as Kind[];
    const { kinds, ending } = await endWith(context, all, graceMs);
    const described = describeEnding(ending, graceMs);
    if (isGone(ending)) return pass(`${listOf(kinds)}: ${described}`);
    return fail(`kept alive by ${listOf(await culprits(context, kinds, graceMs))}: ${described}`);
  },
};
