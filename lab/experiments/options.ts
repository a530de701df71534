// What the command lines of all experiments have in common.
import { parseArgs, type ParseArgsConfig } from "node:util";

/** The Node binary to run services with, and whether to print the help. */
const COMMON = {
  node: { type: "string", default: process.execPath },
  help: { type: "boolean", default: false },
} as const;

type Config<T> = { args: string[]; options: T & typeof COMMON; allowPositionals: true };

/**
 * Parses a command line that may name experiments.
 * @param known The names of the experiments.
 * @throws Error when an experiment or option is unknown
 */
export function parseExperiments<T extends NonNullable<ParseArgsConfig["options"]>>(
  argv: readonly string[],
  known: readonly string[],
  options: T,
) {
  const { values, positionals } = parseArgs<Config<T>>({
    args: [...argv],
    allowPositionals: true,
    options: { ...options, ...COMMON },
  });
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown) throw new Error(`expected experiments among ${known.join(", ")}, got ${unknown}`);
  return { values, experiments: positionals };
}

/**
 * Parses a whole number.
 * @param digits Which texts are accepted.
 * @throws Error when the value is another text, or below `least`
 */
export function parseNumber(option: string, value: string, digits: RegExp, least = 1): number {
  if (digits.test(value) && Number(value) >= least) return Number(value);
  throw new Error(`${option}: expected a whole number from ${least}, got ${JSON.stringify(value)}`);
}
