// H2: the router, never the service, is the one that closes an idle connection.
import { setTimeout as pause } from "node:timers/promises";
import { type Clause, fail, type Outcome, pass, skip } from "../clause";
import { answerLimitMs, type Context } from "../context";
import { type Connection, connect } from "../harness/connection";
import { exchange } from "../harness/http";
import type { Response } from "../harness/http-response";

// Clocks differ, and the router's last request must find the connection open.
const marginSeconds = 5;

/** What the service announces about the life of an idle connection. */
function judgeAnnouncement({ headers }: Response, wantedSeconds: number): Outcome {
  if (/\bclose\b/i.test(headers.connection ?? ""))
    return pass("announces Connection: close, so no router reuses a connection");
  const announced = /timeout=(\d+)/.exec(headers["keep-alive"] ?? "")?.[1];
  if (announced === undefined)
    return skip("announces no Keep-Alive timeout; --slow idles and tries");
  const shown = `Keep-Alive: timeout=${announced}, wanted ${wantedSeconds}`;
  return Number(announced) >= wantedSeconds ? pass(shown) : fail(shown);
}

/** Lets the connection rest and uses it again, as a router does. */
async function reuseAfter(idleSeconds: number, { settings }: Context, connection: Connection) {
  await pause(idleSeconds * 1000);
  if (connection.ending()) return fail(`closed an idle connection within ${idleSeconds} s`);
  try {
    const { statusLine } = await exchange(connection, { path: settings.path }, answerLimitMs);
    return pass(`${statusLine} on a connection that had been idle for ${idleSeconds} s`);
  } catch (error) {
    return fail(`after ${idleSeconds} s idle: ${(error as Error).message}`);
  }
}

export const clause: Clause = {
  id: "H2",
  level: "MUST",
  title: "keeps idle connections longer than the router does",
  demandedBy:
    "Heroku Router 2.0 (90 s, else H13 and H18); AWS ALB (60 s); nodejs/node default is 5 s",
  breaksOn:
    "Heroku H13/H18, 502 behind ALB, nginx and Envoy: the router's request meets the service's FIN",
  mend: "server.keepAliveTimeout = 95_000, and headersTimeout above it",
  procedure:
    "Read `Keep-Alive: timeout=N`: N is at least the router's idle time and 5 s. With --slow: idle 1 s longer than " +
    "the router's time, then reuse the connection.",
  protocol: "http",
  async check(context) {
    const { path, platform, slow } = context.settings;
    const connection = await connect(await context.start());
    const response = await exchange(connection, { path }, answerLimitMs);
    const announced = judgeAnnouncement(response, platform.idleSeconds + marginSeconds);
    const closes = /\bclose\b/i.test(response.headers.connection ?? "");
    const outcome =
      slow && !closes && announced.status !== "fail"
        ? await reuseAfter(platform.idleSeconds + 1, context, connection)
        : announced;
    connection.close();
    return outcome;
  },
};
