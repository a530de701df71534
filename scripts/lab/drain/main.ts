// The drain experiments: which are asked for, one after the other, and whether each met its targets.
import { execFileSync } from "node:child_process";
import { reapOnExit } from "../harness/reaper";
import { grpc } from "./grpc/experiment";
import { idle } from "./idle";
import { HELP, type Options, parseOptions } from "./options";
import { describe, type Finding } from "./report";
import { crash } from "./crash";
import { restart } from "./restart";
import { roll } from "./roll";
import { soak } from "./soak";

const experiments: Record<string, (options: Options) => Promise<Finding>> = {
  restart,
  idle,
  soak,
  roll,
  crash,
  grpc,
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
