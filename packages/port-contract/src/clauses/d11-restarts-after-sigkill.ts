// D11: a crash leaves nothing behind that prevents the next start.
import { type Clause, fail, pass } from "../clause";
import { NotUp } from "../startup";
import { responseLimitMs } from "../context";
import { connect } from "../harness/connection";
import { seconds } from "../wording";

export const clause: Clause = {
  id: "D11",
  level: "MUST",
  title: "restarts on the same PORT after SIGKILL",
  demandedBy: "The Twelve-Factor App (disposability): robust against sudden death",
  breaksOn:
    "everywhere, after an OOM kill: a stale lock or PID file turns one crash into a crash loop",
  fix: "create no lock, PID or socket files, or replace stale ones; keep SO_REUSEADDR (most servers set it)",
  procedure:
    "Send SIGKILL to every process while a connection is open, then start again with the same PORT: it serves.",
  async check({ start, probe, settings }) {
    const first = await start();
    const connection = await connect(first);
    await probe.run(connection, settings, responseLimitMs);
    await first.reap();
    const from = performance.now();
    try {
      const second = await start({ port: String(first.port) });
      return pass(
        `serves on ${second.port} again ${seconds(performance.now() - from)} after the kill`,
      );
    } catch (error) {
      if (error instanceof NotUp) return fail(`after SIGKILL: ${error.message}`);
      throw error;
    } finally {
      connection.close();
    }
  },
};
