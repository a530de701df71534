// D6: further SIGTERMs do not cut the drain short.
import { setTimeout as pause } from "node:timers/promises";
import { type Clause, fail, pass } from "../clause";
import type { Service } from "../startup";
import type { Context } from "../context";
import { canHold, holdRequests } from "../in-flight";
import { ended, isGone } from "../harness/stop";
import { seconds, describeExit } from "../wording";

const signals = 3;
const everyMs = 100;

async function signalRepeatedly(service: Service): Promise<void> {
  for (let sent = 0; sent < signals; sent += 1) {
    if (sent > 0) await pause(everyMs);
    service.signal("SIGTERM", "group");
  }
}

/** With requests in flight: all of them complete despite the later signals. */
async function checkRequests({ start, settings }: Context) {
  const service = await start();
  const held = await holdRequests(settings, service);
  // finish() sends the other half of the body, so it is called only after the last signal.
  await signalRepeatedly(service);
  const responses = await Promise.allSettled(held.map(({ finish }) => finish()));
  const lost = responses.filter((a) => a.status === "rejected" || a.value.status >= 300).length;
  return lost > 0
    ? fail(`${lost} of ${held.length} requests lost; with a single SIGTERM they complete`)
    : pass(`${held.length} of ${held.length} completed after ${signals} signals`);
}

/** Without requests in flight: the exit is the same as after one signal. */
async function checkExit({ start, settings }: Context) {
  const graceMs = settings.platform.graceSeconds * 1000;
  const [once, often] = await Promise.all([start(), start()]);
  once.signal("SIGTERM", "group");
  await signalRepeatedly(often);
  const [one, other] = await Promise.all([ended(once, graceMs), ended(often, graceMs)]);
  if (!isGone(other) || !one.exit || !other.exit)
    return fail(`still alive after ${seconds(graceMs)}`);
  const [first, then] = [describeExit(one.exit), describeExit(other.exit)];
  return first === then
    ? pass(`idle: ${then}, as after one signal`)
    : fail(`idle: ${then} after ${signals} signals, ${first} after one`);
}

export const clause: Clause = {
  id: "D6",
  level: "MUST",
  title: "ignores repeated SIGTERMs while draining",
  demandedBy:
    "Heroku ('multiple SIGTERMs'); Dokku (twice by design); uWSGI under piku (every second)",
  breaksOn: "Heroku, Dokku, piku: the second signal cuts requests that the first one let finish",
  fix: "start the drain on the first signal, ignore later ones, and keep the handler installed",
  procedure:
    "Send three SIGTERMs, 100 ms apart, with requests in flight: all get a response. Without --slow-path or " +
    "--body-path: the idle service exits as it does after one SIGTERM.",
  needs: ["D1", "D2"],
  check(context) {
    const http = context.probe.name === "http";
    return http && canHold(context.settings) ? checkRequests(context) : checkExit(context);
  },
};
