// R1: one service is another one's backing service, and the configuration says where.
import { CannotJudge, type Clause, fail, pass, skip } from "../clause";
import type { Service } from "../come-up";
import { answerLimitMs, type Context } from "../context";
import { send } from "../harness/http";
import { MissingAnswer } from "../harness/missing-answer";

/** The URL of a running service. */
const urlOf = ({ host, port }: Service): string =>
  `http://${host.includes(":") ? `[${host}]` : host}:${port}`;

/** Asks the attached program for what needs the other one. */
async function ask(service: Service, path: string) {
  const { status, statusLine, body } = await send(service, { path }, answerLimitMs);
  return { works: status >= 200 && status < 300, text: `${statusLine}, ${body.slice(0, 100)}` };
}

/** @throws CannotJudge when the path is answered although there is nobody to attach to. */
async function requireUpstream(attached: Service, path: string): Promise<void> {
  const answer = await ask(attached, path).catch((error: unknown) => {
    if (error instanceof MissingAnswer) return { works: false };
    throw error;
  });
  if (answer.works) throw new CannotJudge(`GET ${path} is answered without its upstream, too`);
}

export const clause: Clause = {
  id: "R1",
  level: "MUST",
  title: "attaches another service by a URL in its configuration",
  demandedBy: "The Twelve-Factor App (backing services, port binding)",
  breaksOn: "every move of that service: a new address means a new build",
  mend: "read the service's URL from the environment, with no host and no port in the code",
  procedure:
    "Start the program, attach to it the program that --attached names (else another run of itself) by --upstream-env, and " +
    "GET --upstream-path; end the first one, and that path is not answered any more; start it on another port and the " +
    "attached one with another value of the variable: the path is answered again.",
  protocol: "http",
  async check(context: Context) {
    const { attached, upstreamEnv, upstreamPath: path } = context.settings;
    if (!upstreamEnv || !path) return skip("needs --upstream-env and --upstream-path");
    const ports: number[] = [];
    for (const place of ["first", "second"]) {
      const upstream = await context.start();
      const env = { [upstreamEnv]: urlOf(upstream) };
      const service = await context.start({ argv: attached?.argv, env });
      const answer = await ask(service, path);
      if (!answer.works) return fail(`GET ${path}, upstream in its ${place} place: ${answer.text}`);
      ports.push(upstream.port);
      await upstream.reap();
      if (place === "first") await requireUpstream(service, path);
      await service.reap();
    }
    return pass(`GET ${path} follows ${upstreamEnv} from port ${ports.join(" to ")}`);
  },
};
