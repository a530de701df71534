// Runs experiments: which are asked for, one after the other, and whether each met its targets.
import { execFileSync } from "node:child_process";
import { reapOnExit } from "port-contract/harness";
import { describe, type Finding } from "./finding";

/** What every command line of experiments says. */
export interface ExperimentOptions {
  /** Their names; all when empty. */
  experiments: readonly string[];
  /** The Node that runs what is tried. */
  node: string;
  help: boolean;
}

/** Experiments by name, and how their command line is read. */
export interface Experiments<Options extends ExperimentOptions> {
  experiments: Readonly<Record<string, (options: Options) => Promise<Finding>>>;
  help: string;
  /** @throws Error naming the option, what was expected and what came. */
  parseOptions: (argv: readonly string[], known: readonly string[]) => Options;
}

/** Runs those that the command line asks for, and exits: with 1 when a target is missed, or the command line is wrong. */
export function runExperiments<Options extends ExperimentOptions>(all: Experiments<Options>): void {
  runAsked(all).then(
    (code) => process.exit(code),
    (err: unknown) => {
      process.stderr.write(`${(err as Error).message}\n`);
      process.exit(1);
    },
  );
}

async function runAsked<Options extends ExperimentOptions>({
  experiments,
  help,
  parseOptions,
}: Experiments<Options>): Promise<number> {
  const options = parseOptions(process.argv.slice(2), Object.keys(experiments));
  if (options.help) {
    process.stdout.write(help);
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
