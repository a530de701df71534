// R1: one service is another one's backing service, and the configuration says where.
import { type Clause, fail, pass, skip } from "../clause";
import type { Service } from "../come-up";
import { answerLimitMs, type Context } from "../context";
import { send } from "../../harness/http";

/** Starts the program attached to another run of itself, and asks what needs that one. */
async function askThrough(context: Context, upstream: Service, name: string, path: string) {
  const host = upstream.host.includes(":") ? `[${upstream.host}]` : upstream.host;
  const env = { [name]: `http://${host}:${upstream.port}` };
  const service = await context.start({ env });
  const { status, statusLine, body } = await send(service, { path }, answerLimitMs);
  return { works: status >= 200 && status < 300, text: `${statusLine}, ${body.slice(0, 100)}` };
}

export const clause: Clause = {
  id: "R1",
  level: "MUST",
  title: "attaches another service by a URL in its configuration",
  demandedBy: "The Twelve-Factor App (backing services, port binding)",
  breaksOn: "every move of that service: a new address means a new build",
  mend: "read the service's URL from the environment, with no host and no port in the code",
  procedure:
    "Start the program twice, the second attached to the first by --upstream-env, and GET --upstream-path; then with the " +
    "first on another port: only the variable changes.",
  protocol: "http",
  async check(context) {
    const { upstreamEnv, upstreamPath } = context.settings;
    if (!upstreamEnv || !upstreamPath) return skip("needs --upstream-env and --upstream-path");
    for (const place of ["first", "second"]) {
      const upstream = await context.start();
      const answer = await askThrough(context, upstream, upstreamEnv, upstreamPath);
      if (!answer.works)
        return fail(`GET ${upstreamPath}, upstream in its ${place} place: ${answer.text}`);
      await upstream.reap();
    }
    return pass(`GET ${upstreamPath} follows ${upstreamEnv} from one port to another`);
  },
};
