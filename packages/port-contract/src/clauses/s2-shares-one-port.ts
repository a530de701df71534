// S2: several processes behind one port, when asked for.
import { type Clause, fail, type Outcome, pass, skip } from "../clause";
import { NotUp, type Service } from "../come-up";
import type { Context } from "../context";
import { until } from "../harness/wait";
import { lastWords, shortExit } from "../wording";

// A program may know the option, and say that its runtime or its system cannot do it.
const needsMore = /reuse.?port|\bneeds?\b|\brequires?\b|support/i;

/** The first process, or the verdict when it does not come up with the option. */
async function startFirst({ start }: Context, env: Record<string, string>, name: string) {
  try {
    return await start({ env });
  } catch (error) {
    if (!(error instanceof NotUp)) throw error;
    return needsMore.test(error.message)
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
  title: "scales on the same port, when told to",
  demandedBy: "piku gives all instances of an app one PORT",
  breaksOn: "piku with web=2 and more: every instance but the first fails",
  mend: "an option that listens with SO_REUSEPORT (reusePort in Node 22.12 and later), or a cluster",
  procedure:
    "REUSE_PORT=true: two processes listen on one PORT; after the first is killed, the second one serves. A program " +
    "that says at the start that its runtime lacks the feature is not judged.",
  async check(context): Promise<Outcome> {
    const name = context.settings.reusePortEnv;
    const env = { [name]: "true" };
    const first = await startFirst(context, env, name);
    if ("status" in first) return first;
    const { second, joined } = await joinSecond(context, first, env);
    const exit = second.exit();
    if (!exit && !joined) return fail(`${name}=true: the second runs, but does not listen`);
    if (exit)
      return fail(`${name}=true: the second ${shortExit(exit)}; ${lastWords(second.output)}`);
    await first.reap();
    return pass(
      `2 processes on ${first.port}; ${(await context.ask(first)).text} after the first died`,
    );
  },
};
