// The Procfile runner: starts every process of a formation on a port of its own, and stops them together.
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parse } from "dotenv";
import { startChild } from "./child";
import { formationId } from "./formation-id";
import { requireFreePorts } from "./free-ports";
import { readOptions, usage, type Options } from "./options";
import { createOutput } from "./output";
import { planFormation } from "./plan";
import { parseProcfile } from "./procfile";
import { runFormation } from "./run";
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
  const procfile = parseProcfile(readFileSync(options.procfile, "utf8"), options.procfile);
  const directory = dirname(resolve(options.procfile));
  const id = formationId(directory);
  const plan = planFormation(procfile, { ...options, id }, process.env, readEnvFile(options));
  await requireFreePorts(plan.instances);
  const output = createOutput(process.stdout, plan.names);
  procfile.warnings.forEach((warning) => output.say(warning));

  const watchdog = startWatchdog();
  const code = await runFormation(
    plan,
    (instance) => {
      const child = startChild(instance, directory, output);
      watchdog.guard(child);
      return child;
    },
    listenForStop(process, output),
  );
  watchdog.dismiss();
  await Promise.race([output.flush(), delay(FLUSH_MS)]);
  return code;
}

/** The default file may be missing, one that was asked for may not. */
function readEnvFile({ procfile, envFile }: Options): Record<string, string> {
  try {
    return parse(readFileSync(envFile ?? resolve(dirname(procfile), ".env")));
  } catch (err) {
    if (envFile === undefined && (err as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw err;
  }
}

main().then(
  (code) => process.exit(code),
  (err: Error) => {
    console.error(err.message);
    process.exit(1);
  },
);
