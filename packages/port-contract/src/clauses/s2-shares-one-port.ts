// S2: several processes can listen on the same port, if configured.
import { type Clause, fail, type Outcome, pass, skip } from "../clause";
import { NotUp, type Service } from "../startup";
import type { Context } from "../context";
import { until } from "../harness/wait";
import { describeOutput, describeExit } from "../wording";

// The message of a program that has the option, but whose runtime or system does not support it.
const isUnsupported = /reuse.?port|\bneeds?\b|\brequires?\b|support/i;

/** The first process, or the outcome when it does not start with the option. */
async function startFirst({ start }: Context, env: Record<string, string>, name: string) {
  try {
    return await start({ env });
  } catch (error) {
    if (!(error instanceof NotUp)) throw error;
    return isUnsupported.test(error.message)
      ? skip(`refuses ${name} here: ${error.message}`)
      : fail(error.message);
  }
}

async function joinSecond(
  { launch, settings }: Context,
  first: Service,
  env: Record<string, string>,
) {
  const second = await launch({ port: String(first.port), env });
  const listens = () => second.listeners().some(({ port }) => port === first.port);
  await until(() => second.exit() ?? listens(), settings.platform.bootSeconds * 1000, 100);
  return { second, joined: listens() };
}

export const clause: Clause = {
  id: "S2",
  level: "SHOULD",
  title: "scales on the same port, if configured",
  demandedBy: "piku gives all instances of an app the same PORT",
  breaksOn: "piku with web=2 or more: every instance except the first fails",
  fix: "an option to listen with SO_REUSEPORT (reusePort in Node 22.12 and later), or a cluster",
  procedure:
    "Start two processes with the same PORT and REUSE_PORT=true: both listen; after the first is killed, the second " +
    "serves. Skipped if the program refuses to start because its runtime lacks the feature.",
  async check(context): Promise<Outcome> {
    const name = context.settings.reusePortEnv;
    const env = { [name]: "true" };
    const first = await startFirst(context, env, name);
    if ("status" in first) return first;
    const { second, joined } = await joinSecond(context, first, env);
    const exit = second.exit();
    if (!exit && !joined) return fail(`${name}=true: the second runs, but does not listen`);
    if (exit)
      return fail(
        `${name}=true: the second ${describeExit(exit)}; ${describeOutput(second.output)}`,
      );
    await first.reap();
    return pass(
      `2 processes on ${first.port}; ${(await context.runProbe(first)).text} after the first died`,
    );
  },
};
