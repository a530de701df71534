// D4: the last response on each connection has Connection: close.
import { type Clause, fail, pass, skip } from "../clause";
import type { Connection } from "../harness/connection";
import { until } from "../harness/wait";
import {
  canHold,
  holdRequests,
  type InFlight,
  needsRequestInFlight,
  terminate,
} from "../in-flight";

const finLimitMs = 2000;

/** What is wrong with the end of one connection; `undefined` with Connection: close and a FIN. */
async function violation({ name, finish, connection }: InFlight): Promise<string | undefined> {
  const { headers } = await finish();
  const said = headers.connection ?? "nothing";
  if (!/\bclose\b/i.test(said)) return `${name}: Connection says ${said}`;
  const ending = await endingOf(connection);
  return ending === "FIN" ? undefined : `${name}: ${ending ?? "no FIN"} after the response`;
}

function endingOf(connection: Connection) {
  return until(() => connection.ending(), finLimitMs);
}

export const clause: Clause = {
  id: "D4",
  level: "MUST",
  title: "sends Connection: close with each response while draining",
  demandedBy: "Envoy's draining; fastify's return503OnClosing and forceCloseConnections",
  breaksOn:
    "every router with keep-alive connections: it sends its next request on a closing connection",
  fix: "set Connection: close on responses not yet sent, and end each socket after its response",
  procedure:
    "The responses of requests in flight at SIGTERM have `Connection: close`, and a FIN follows.",
  protocol: "http",
  needs: ["D2"],
  async check({ start, settings }) {
    if (!canHold(settings)) return skip(needsRequestInFlight);
    const service = await start();
    const held = await holdRequests(settings, service);
    await terminate(service, held);
    const [wrong] = (await Promise.all(held.map(violation))).filter((one) => one !== undefined);
    return wrong ? fail(wrong) : pass(`header and FIN on ${held.length} of ${held.length}`);
  },
};
