// R1: finds its backing service by a URL in the configuration.
import { InconclusiveError, type Clause, fail, pass, skip } from "../clause";
import type { Service } from "../startup";
import { responseLimitMs, type Context } from "../context";
import { send } from "../harness/http";
import { MissingResponse } from "../harness/missing-response";

/** The URL of a running service. */
const urlOf = ({ host, port }: Service): string =>
  `http://${host.includes(":") ? `[${host}]` : host}:${port}`;

/** Requests a path of the attached program that needs the program under test. */
async function get(service: Service, path: string) {
  const { status, statusLine, body } = await send(service, { path }, responseLimitMs);
  return { works: status >= 200 && status < 300, text: `${statusLine}, ${body.slice(0, 100)}` };
}

/** @throws InconclusiveError when the path still succeeds although the upstream is stopped. */
async function requireUpstream(attached: Service, path: string): Promise<void> {
  const response = await get(attached, path).catch((error: unknown) => {
    if (error instanceof MissingResponse) return { works: false };
    throw error;
  });
  if (response.works) throw new InconclusiveError(`GET ${path} succeeds without its upstream, too`);
}

export const clause: Clause = {
  id: "R1",
  level: "MUST",
  title: "attaches another service by a URL in its configuration",
  demandedBy: "The Twelve-Factor App (backing services, port binding)",
  breaksOn: "every move of that service: a new address requires a new build",
  fix: "read the service's URL from the environment; keep hosts and ports out of the code",
  procedure:
    "Start the program and, with its URL in --upstream-env, the --attached program (by default another run of the " +
    "same one): GET --upstream-path succeeds. Stop the first: the path fails. Start it on another port, and the " +
    "attached program with the new URL: the path succeeds again.",
  protocol: "http",
  async check(context: Context) {
    const { attached, upstreamEnv, upstreamPath: path } = context.settings;
    if (!upstreamEnv || !path) return skip("needs --upstream-env and --upstream-path");
    const ports: number[] = [];
    for (const attempt of ["first", "second"]) {
      const upstream = await context.start();
      const env = { [upstreamEnv]: urlOf(upstream) };
      const service = await context.start({ argv: attached?.argv, env });
      const response = await get(service, path);
      if (!response.works)
        return fail(`GET ${path}, upstream on its ${attempt} port: ${response.text}`);
      ports.push(upstream.port);
      await upstream.reap();
      if (attempt === "first") await requireUpstream(service, path);
      await service.reap();
    }
    return pass(`GET ${path} follows ${upstreamEnv} from port ${ports.join(" to ")}`);
  },
};
