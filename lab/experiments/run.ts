// Parses the command line of experiments, and runs those that it names, one after the other.
import { execFileSync } from "node:child_process";
import type { ParseArgsConfig } from "node:util";
import { parseCommandLine, parseOneOf } from "port-contract/args";
import { reapOnExit } from "port-contract/harness";

/** The rows of an experiment's table, and the targets that were missed. */
export interface Finding {
  rows: readonly Readonly<Record<string, string>>[];
  missed: readonly string[];
}

/** The options that all experiments share. */
export interface ExperimentOptions {
  /** The names of the experiments; empty for all. */
  experiments: readonly string[];
  /** The Node binary that runs the programs under test. */
  node: string;
  help: boolean;
}

/** Experiments by name, and the parser of their command line. */
export interface Experiments<Options extends ExperimentOptions> {
  experiments: Readonly<Record<string, (options: Options) => Promise<Finding>>>;
  help: string;
  /** @throws UsageError when an experiment or option is unknown, or a value is invalid */
  parseOptions: (argv: readonly string[], known: readonly string[]) => Options;
}

/** Runs the experiments and exits: with 1 if a target is missed or the command line is wrong. */
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

/** Formats a finding as a Markdown table, followed by the missed targets. */
function describe({ rows, missed }: Finding): string {
  const names = Object.keys(rows[0] ?? {});
  const lines = [names, names.map(() => "---"), ...rows.map((row) => Object.values(row))];
  const table = rows.length > 0 ? lines.map((cells) => `| ${cells.join(" | ")} |`) : [];
  return [...table, ...missed.map((what) => `MISSED: ${what}`)].join("\n");
}

/** The Node binary that runs the services, and whether to print the help. */
const COMMON = {
  node: { type: "string", default: process.execPath },
  help: { type: "boolean", default: false },
} as const;

/**
 * Parses a command line whose arguments are names of experiments.
 * @param known The names of the experiments.
 * @throws UsageError when an experiment or option is unknown
 */
export function parseExperiments<T extends NonNullable<ParseArgsConfig["options"]>>(
  argv: readonly string[],
  known: readonly string[],
  options: T,
) {
  const { values, positionals } = parseCommandLine(argv, { ...options, ...COMMON });
  return {
    values,
    experiments: positionals.map((name) => parseOneOf("EXPERIMENT", name, known)),
  };
}
