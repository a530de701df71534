// B7: opens the port only when it can serve.
import { type Clause, fail, pass } from "../clause";
import { NotUp } from "../startup";
import { responseLimitMs, type Context } from "../context";
import { type Connection, connect } from "../harness/connection";
import type { Run } from "../harness/run";
import { until } from "../harness/wait";
import { seconds, describeExit } from "../wording";

/** Tries to connect until the port opens, and returns the first connection. */
async function firstConnection(run: Run, limitMs: number): Promise<Connection> {
  const tryConnect = () => connect({ host: "127.0.0.1", port: run.port }).catch(() => undefined);
  const ended = () => {
    const exit = run.exit();
    if (exit) throw new NotUp(`${describeExit(exit)} before it listened`);
  };
  const first = await until(async () => (await tryConnect()) ?? ended(), limitMs, 5);
  if (!first) throw new NotUp(`PORT ${run.port} is not open after ${seconds(limitMs)}`);
  return first;
}

async function firstResponse({ probe, settings }: Context, connection: Connection) {
  const from = performance.now();
  const response = await probe.run(connection, settings, responseLimitMs);
  return { ...response, afterMs: performance.now() - from };
}

export const clause: Clause = {
  id: "B7",
  level: "MUST",
  title: "binds only when ready to serve",
  demandedBy: "Render and Cloud Foundry treat an open port as readiness",
  breaksOn: "Heroku, Render, Cloud Foundry, piku: the first requests after each deploy fail",
  fix: "connect to backing services and build the app first; listen last",
  procedure:
    "Try to connect every 5 ms; the first accepted connection runs the probe at once, and gets no 5xx.",
  async check(context) {
    const run = await context.launch();
    const connection = await firstConnection(run, context.settings.platform.bootSeconds * 1000);
    context.markAsUp(run);
    try {
      const { text, ready, afterMs } = await firstResponse(context, connection);
      return ready ? pass(`${text} in ${seconds(afterMs)}`) : fail(`first response: ${text}`);
    } catch (error) {
      return fail(`first response: ${(error as Error).message}`);
    } finally {
      connection.close();
    }
  },
};
