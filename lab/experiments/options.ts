// The options that all experiments share.
import type { ParseArgsConfig } from "node:util";
import { parseCommandLine, parseOneOf } from "port-contract/args";

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
