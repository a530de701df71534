// The Procfile runner: starts every process of a formation on a port of its own, and stops them together.
import { dirname, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startChild } from "./child";
import { listenForRestarts, type Control } from "./control";
import { changedEnvFile, readValues } from "./env-file";
import { formationId } from "./formation-id";
import { requireFreePorts } from "./free-ports";
import { withoutInspector } from "./inspector";
import { readOptions, usage } from "./options";
import { createOutput } from "./output";
import { describeOwnValues } from "./own-values";
import { planFormation } from "./plan";
import { readProcfile } from "./procfile";
import { restartProcesses } from "./restart-command";
import { runFormation } from "./run";
import { startRouter } from "./router";
import { listenForStop } from "./signals";
import { startWatchdog } from "./watchdog";

/** Whoever reads the output may have stopped doing so without closing it. */
const FLUSH_MS = 1000;

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
  const output = createOutput(process.stdout, plan.names);
  const sayOwnValues = () =>
    describeOwnValues(plan, env, values).forEach((line) => output.say(line));
  sayOwnValues();
  procfile.warnings.forEach((warning) => output.say(warning));
  if (inspects)
    output.say("--inspect in NODE_OPTIONS is for npm alone: use npm run dev -- --inspect");

  const requests = listenForStop(process, output);
  const router = plan.router && (await startRouter(plan.router, (text) => output.say(text)));
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
    say: (text) => output.say(text),
    changed: async ({ base: port }) => {
      values = await changedEnvFile(envFile, values, (problem) =>
        output.say(`${problem}; everything stays as it is`),
      );
      sayOwnValues();
      return planFormation(procfile, { ...options, id, port }, env, values);
    },
    leave: async (names) => {
      await Promise.all(names.map(async (name) => router?.withdraw(name)));
    },
    keepsRunning: options.keepsRunning,
    offer: (restart) => {
      control = listenForRestarts(id, plan.base, restart).catch((err: Error) => {
        output.say(`no restart will find this formation: ${err.message}`);
        return undefined;
      });
    },
  });
  watchdog.dismiss();
  await router?.close();
  const closed = control?.then((open) => open?.close());
  await Promise.race([Promise.all([output.flush(), closed]), delay(FLUSH_MS)]);
  return code;
}

main().then(
  (code) => process.exit(code),
  (err: Error) => {
    console.error(err.message);
    process.exit(1);
  },
);
