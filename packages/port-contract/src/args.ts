// Reads command lines and the values of options and environment variables, with one style of error message.
import { parseArgs, type ParseArgsConfig } from "node:util";
import { UsageError } from "./usage-error";

export { UsageError };

type Config<T> = { args: string[]; options: T; allowPositionals: true };

/**
 * Parses a command line with `parseArgs` of `node:util`.
 * @param usage Appended to the error message.
 * @throws UsageError when an option is unknown, or its value is missing.
 */
export function parseCommandLine<T extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: T,
  usage?: string,
): ReturnType<typeof parseArgs<Config<T>>> {
  try {
    return parseArgs<Config<T>>({ args: [...args], options, allowPositionals: true });
  } catch (err) {
    const { message } = err as Error;
    throw new UsageError(usage === undefined ? message : `${message}\n\n${usage}`, { cause: err });
  }
}

/**
 * Parses a whole number in decimal digits: neither `""` nor `1e4`, `0x10` or `-1`.
 * @param name The option or variable, for the error message.
 * @throws UsageError
 */
export function parseWholeNumber(
  name: string,
  text: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {},
): number {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (number >= min && number <= max) return number;
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
  throw new UsageError(`${name} must be a whole number ${range}, not ${JSON.stringify(text)}`);
}

/** Parses a port from 1 to 65535. @throws UsageError */
export const parsePort = (name: string, text: string): number =>
  parseWholeNumber(name, text, { min: 1, max: 65535 });

/** Parses one of several names. @throws UsageError */
export function parseOneOf<T extends string>(name: string, text: string, names: readonly T[]): T {
  if ((names as readonly string[]).includes(text)) return text as T;
  throw new UsageError(`${name} must be one of ${names.join(", ")}, not ${JSON.stringify(text)}`);
}
