// H2: keeps idle connections open longer than the router, so that the router is the one that closes them.
import { setTimeout as pause } from "node:timers/promises";
import { type Clause, fail, type Outcome, pass, skip } from "../clause";
import { responseLimitMs, type Context } from "../context";
import { type Connection, connect } from "../harness/connection";
import { exchange } from "../harness/http";
import type { Response } from "../harness/http-response";

// A margin for the router's clock and the latency of its last request.
const marginSeconds = 5;

/** Judges the keep-alive timeout that the service announces. */
function checkAnnouncement({ headers }: Response, wantedSeconds: number): Outcome {
  if (/\bclose\b/i.test(headers.connection ?? ""))
    return pass("sends Connection: close, so no router reuses a connection");
  const announced = /timeout=(\d+)/.exec(headers["keep-alive"] ?? "")?.[1];
  if (announced === undefined) return skip("sends no Keep-Alive timeout; use --slow to measure it");
  const shown = `Keep-Alive: timeout=${announced}, wanted ${wantedSeconds}`;
  return Number(announced) >= wantedSeconds ? pass(shown) : fail(shown);
}

/** Leaves the connection idle and then reuses it, as a router does. */
async function reuseAfter(idleSeconds: number, { settings }: Context, connection: Connection) {
  await pause(idleSeconds * 1000);
  if (connection.ending()) return fail(`closed an idle connection within ${idleSeconds} s`);
  try {
    const { statusLine } = await exchange(connection, { path: settings.path }, responseLimitMs);
    return pass(`${statusLine} on a connection that was idle for ${idleSeconds} s`);
  } catch (error) {
    return fail(`after ${idleSeconds} s idle: ${(error as Error).message}`);
  }
}

export const clause: Clause = {
  id: "H2",
  level: "MUST",
  title: "keeps idle connections longer than the router does",
  demandedBy:
    "Heroku Router 2.0 (90 s, otherwise H13 and H18); AWS ALB (60 s); Node's default is 5 s",
  breaksOn:
    "Heroku H13/H18, 502 behind ALB, nginx and Envoy: the router's request crosses the service's FIN",
  fix: "server.keepAliveTimeout = 95_000, and a longer headersTimeout",
  procedure:
    "Read `Keep-Alive: timeout=N`: N is at least the router's idle timeout plus 5 s. With --slow: stay idle 1 s longer " +
    "than the router's idle timeout, then reuse the connection.",
  protocol: "http",
  async check(context) {
    const { path, platform, slow } = context.settings;
    const connection = await connect(await context.start());
    const response = await exchange(connection, { path }, responseLimitMs);
    const announced = checkAnnouncement(response, platform.idleSeconds + marginSeconds);
    const closes = /\bclose\b/i.test(response.headers.connection ?? "");
    const outcome =
      slow && !closes && announced.status !== "fail"
        ? await reuseAfter(platform.idleSeconds + 1, context, connection)
        : announced;
    connection.close();
    return outcome;
  },
};
