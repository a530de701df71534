// The fault experiments: which are asked for, one after the other, and whether each met its targets.
import { execFileSync } from "node:child_process";
import { describe, type Finding } from "../drain/report";
import { reapOnExit } from "../harness/reaper";
import { HELP, type Options, parseOptions } from "./options";
import { deadlines } from "./deadlines";
import { neighbours } from "./neighbours";
import { races } from "./races";
import { restarts } from "./restarts";
import { table } from "./table";

const experiments: Record<string, (options: Options) => Promise<Finding>> = {
  table,
  deadlines,
  neighbours,
  races,
  restarts,
};

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), Object.keys(experiments));
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  reapOnExit();
  const node = execFileSync(options.node, ["--version"], { encoding: "utf8" }).trim();
  let isMissed = false;
  for (const [name, run] of Object.entries(experiments)) {
    if (options.experiments.length > 0 && !options.experiments.includes(name)) continue;
    const finding = await run(options);
    isMissed ||= finding.missed.length > 0;
    process.stdout.write(`${name}, Node ${node}\n\n${describe(finding)}\n\n`);
  }
  return isMissed ? 1 : 0;
}

main().then(
  (code) => process.exit(code),
  (err: unknown) => {
    process.stderr.write(`${(err as Error).message}\n`);
    process.exit(1);
  },
);
