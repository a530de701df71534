// The Procfile runner: starts every process of a formation on its own port, and stops them together.
import { dirname, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type * as routing from "../router/router";
import { startChild } from "./child";
import { listenForRestarts, type Control } from "./control";
import { changedEnvFile, describeOverrides, readValues, withoutInspector } from "./environment";
import { formationId } from "./formation-id";
import { requireFreePorts } from "./free-ports";
import { readOptions, usage } from "./options";
import { createOutput } from "./output";
import { createPlaces } from "./places";
import { planFormation, type RouterPlan } from "./plan";
import { readProcfile } from "./procfile";
import { restartProcesses } from "./restart-command";
import { runFormation } from "./run";
import { listenForStop } from "./signals";
import { startWatchdog } from "./watchdog";

/** How long to wait at the end for the output to be read: its reader may have stopped without closing it. */
const FLUSH_TIMEOUT_MS = 1000;

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const directory = dirname(resolve(options.procfile));
  if (options.restart) {
    await restartProcesses(directory, options.port, options.restart, console.log);
    return 0;
  }
  const procfile = readProcfile(options.procfile);
  const { env, inspects } = withoutInspector(process.env);
  const envFile = options.envFile ?? resolve(directory, ".env");
  const id = formationId(directory);
  let values = readValues(envFile, options.envFile !== undefined);
  const plan = planFormation(procfile, { ...options, id }, env, values);
  await requireFreePorts(plan);
  const output = createOutput(process.stdout, plan.names, process.env, (name, text) =>
    places.read(name, text),
  );
  const say = (text: string): void => output.say(text);
  const places = createPlaces(
    plan.instances.map(({ name }) => name),
    say,
  );
  const sayOverrides = () => describeOverrides(plan, env, values).forEach(say);
  sayOverrides();
  [...plan.notes, ...procfile.warnings].forEach(say);
  if (inspects)
    say("--inspect in NODE_OPTIONS debugs npm itself and is ignored: use npm run dev -- --inspect");

  const requests = listenForStop(process, output);
  const router = plan.router && (await startRouter(plan.router, say));
  void requests.stop.then(() => router?.beginDrain());
  const watchdog = startWatchdog();
  let control: Promise<Control | undefined> | undefined;
  const code = await runFormation(plan, {
    start: (instance) => {
      const child = startChild(instance, directory, output);
      watchdog.guard(child);
      router?.admit(instance.name);
      return child;
    },
    requests,
    say,
    nextPlan: async ({ base: port }) => {
      values = await changedEnvFile(envFile, values, (problem) =>
        say(`${problem}; no process is restarted`),
      );
      sayOverrides();
      return planFormation(procfile, { ...options, id, port }, env, values);
    },
    withdraw: async (names) => {
      await Promise.all(names.map(async (name) => router?.withdraw(name)));
    },
    keepsRunning: options.keepsRunning,
    onStarted: () => places.started(),
    onRestartReady: (restart) => {
      control = listenForRestarts(id, plan.base, restart).catch((err: Error) => {
        say(`the restart command cannot reach this formation: ${err.message}`);
        return undefined;
      });
    },
  });
  watchdog.stop();
  await router?.close();
  const closed = control?.then((open) => open?.close());
  await Promise.race([Promise.all([output.flush(), closed]), delay(FLUSH_TIMEOUT_MS)]);
  return code;
}

/** @throws Error when its port cannot be bound. */
async function startRouter(plan: RouterPlan, say: (text: string) => void): Promise<routing.Router> {
  // Loaded only when used: it loads Express and pino, most of the runner's start time.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- not an import, which would be loaded at once
  const { createRouter } = require("../router/router") as typeof routing;
  const router = createRouter({ ...plan, say });
  await router.listen();
  const { port, routes, targets } = plan;
  const namesOf = (type: string) => (targets.get(type) ?? []).map(({ name }) => name).join(", ");
  const hosts = typeof routes === "string" ? [["localhost", routes] as const] : [...routes];
  for (const [host, type] of hosts) say(`router on http://${host}:${port} → ${namesOf(type)}`);
  return router;
}

main().then(
  (code) => process.exit(code),
  (err: Error) => {
    console.error(err.message);
    process.exit(1);
  },
);
