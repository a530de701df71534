// Parses command lines and the values of options and environment variables, with one style of error message.
import { parseArgs, type ParseArgsConfig } from "node:util";

/** A command line or environment variable is invalid. The message is for the user: print it without a stack. */
export class UsageError extends Error {}

type OptionsConfig = NonNullable<ParseArgsConfig["options"]>;
type Config<T> = { args: string[]; options: T; allowPositionals: true };

/**
 * Parses a command line with `parseArgs` of `node:util`.
 * @param usage Appended to the error message. Default: a reference to `--help`.
 * @param allowPositionals Whether arguments that are not options are allowed. Default: true.
 * @throws UsageError when an option is unknown, its value is missing, or an argument is not allowed.
 */
export function parseCommandLine<T extends OptionsConfig>(
  args: readonly string[],
  options: T,
  {
    usage = "--help lists the options.",
    allowPositionals = true,
  }: { usage?: string; allowPositionals?: boolean } = {},
): ReturnType<typeof parseArgs<Config<T>>> {
  const config = { args: [...args], options, allowPositionals } as Config<T>;
  try {
    return parseArgs<Config<T>>(config);
  } catch (err) {
    throw new UsageError(`${describeError(err as NodeJS.ErrnoException, options)}\n\n${usage}`, {
      cause: err,
    });
  }
}

/** For an unknown option, Node explains how to pass it as an argument: list the known options instead. */
function describeError({ code, message }: NodeJS.ErrnoException, options: OptionsConfig): string {
  if (code !== "ERR_PARSE_ARGS_UNKNOWN_OPTION") return message;
  const names = Object.keys(options).map((name) => (name.length > 1 ? `--${name}` : `-${name}`));
  return `${message.split(". ", 1)[0]}: expected one of ${names.join(", ")}`;
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

/** Parses a decimal number above 0, such as `0.5`. @throws UsageError */
export function parsePositiveNumber(name: string, text: string): number {
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) > 0) return Number(text);
  throw new UsageError(`${name} must be a number above 0, not ${JSON.stringify(text)}`);
}

/** Parses a port from 1 to 65535. @throws UsageError */
export const parsePort = (name: string, text: string): number =>
  parseWholeNumber(name, text, { min: 1, max: 65535 });

/** Parses one of several names. @throws UsageError */
export function parseOneOf<T extends string>(name: string, text: string, names: readonly T[]): T {
  if ((names as readonly string[]).includes(text)) return text as T;
  throw new UsageError(`${name} must be one of ${names.join(", ")}, not ${JSON.stringify(text)}`);
}

/**
 * Parses a comma-separated list. Empty if the option is not given.
 * @param names What each item must be one of. Default: any text except `""`.
 * @throws UsageError
 */
export function parseList(
  name: string,
  text: string | undefined,
  names?: readonly string[],
): string[] {
  const items = text?.split(",").map((item) => item.trim()) ?? [];
  const invalid = items.find((item) => (names ? !names.includes(item) : item === ""));
  if (invalid === undefined) return items;
  const expected = names ? `some of ${names.join(",")}` : "a comma-separated list";
  throw new UsageError(`${name} must be ${expected}, not ${JSON.stringify(invalid)}`);
}
