// Declares environment variables, and parses them: one error names everything that is wrong.
import * as v from "valibot";
import { redactText } from "./redact-text";

/** Variables and their values, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A schema whose input is a variable's text. */
export type TextSchema = v.GenericSchema<string | undefined, unknown>;

/** The declaration of an environment variable. */
export type Variable<S extends TextSchema = TextSchema> = Declaration<S> &
  (WithDefault | WithoutDefault);

/** `default` applies if the variable is not set; it is written as in `.env`. */
interface WithDefault {
  default: string;
  example?: never;
}

/**
 * The variable must be set, unless its schema is `optional`. The example appears in `.env.example`, in tests, and in the
 * error message if it is not set.
 */
interface WithoutDefault {
  default?: never;
  example: string;
}

interface Declaration<S extends TextSchema> {
  /** Must end with a `v.description`, which completes "expected …". */
  schema: S;
  /** One sentence for the documentation and `.env.example`. */
  about: string;
  /** A secret's value is never printed. */
  secret?: true;
  /**
   * Checks or changes the value by means of other variables: unparsed in `env`; parsed in `config`, if they are valid.
   * @throws Error if the value is invalid; its message completes "NAME: …".
   */
  complete?(
    value: v.InferOutput<S>,
    env: Environment,
    config: Readonly<Record<string, unknown>>,
  ): v.InferOutput<S>;
}

/** Variables by name. */
export type Variables = Readonly<Record<string, Variable>>;

/** The parsed values of variables, by their names in the environment; frozen. */
export type ConfigOf<V extends Variables> = Readonly<{
  [Name in keyof V]: v.InferOutput<V[Name]["schema"]>;
}>;

/** Declares a variable; its type is its schema's output. */
export const variable = <S extends TextSchema>(declaration: Variable<S>): Variable<S> =>
  declaration;

/** A whole number in decimal digits; `"1e4"`, `"0x10"`, `" 80"` and `""` are invalid. */
export const integer = (min: number, max: number, unit = "") =>
  v.pipe(
    v.string(),
    v.regex(/^\d{1,15}$/),
    v.transform(Number),
    v.minValue(min),
    v.maxValue(max),
    v.description(`a whole number from ${min} to ${max}${unit && ` (${unit})`}`),
  );

/** `true` or `false`. */
export const flag = v.pipe(
  v.picklist(["true", "false"]),
  v.transform((value) => value === "true"),
  v.description("true or false"),
);

/** One of these words. */
export const oneOf = <const Words extends readonly string[]>(...words: Words) =>
  v.pipe(v.picklist(words), v.description(`one of ${words.join(", ")}`));

/** Any text that is not empty. @param what Completes "expected …". */
export const nonEmpty = (what = "text that is not empty") =>
  v.pipe(v.string(), v.nonEmpty(), v.description(what));

/** A variable that may be unset, and is undefined then. */
export const optional = <S extends v.GenericSchema<string, unknown>>(schema: S) =>
  v.pipe(v.optional(schema), v.description(v.getDescription(schema) ?? ""));

/** Whether a process starts without the variable. */
export const mayBeUnset = ({ default: value, schema }: Variable): boolean =>
  value !== undefined || v.is(schema, undefined);

/** The variables without which a process does not start, with their examples: for tests and tools. */
export const exampleEnvironment = (variables: Variables): Record<string, string> =>
  Object.fromEntries(
    Object.entries(variables).flatMap(([name, declaration]) =>
      mayBeUnset(declaration) ? [] : [[name, declaration.example ?? ""]],
    ),
  );

/** Invalid environment variables: one line for each problem. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Parses variables of an environment.
 * @throws ConfigError naming every variable that is missing or invalid, with what was expected and the cure.
 */
export function readEnvironment<V extends Variables>(variables: V, env: Environment): ConfigOf<V> {
  const problems: string[] = [];
  const config: Record<string, unknown> = {};
  const all = Object.entries<Variable>(variables);
  for (const [name, declaration] of all) {
    const result = v.safeParse(declaration.schema, env[name] ?? declaration.default);
    if (result.success) config[name] = result.output;
    else problems.push(describeInvalid(name, declaration, env[name]));
  }
  for (const [name, declaration] of all) {
    if (!declaration.complete || config[name] === undefined) continue;
    try {
      config[name] = declaration.complete(config[name], env, config);
    } catch (err) {
      const value = describeValue(declaration, env[name]);
      problems.push(`${name}: ${(err as Error).message}; ${value}. Correct it`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  return Object.freeze(config) as ConfigOf<V>;
}

const describeInvalid = (name: string, variable: Variable, value: string | undefined): string =>
  `${name}: expected ${v.getDescription(variable.schema)}; ${describeValue(variable, value)}. ` +
  cure(name, variable);

const cure = (name: string, variable: Variable): string => {
  if (!mayBeUnset(variable)) return `Set it, for example ${name}=${variable.example}`;
  return variable.default === undefined
    ? "Correct it, or unset it"
    : `Correct it, or unset it for the default, ${variable.default}`;
};

const describeValue = ({ secret }: Variable, value: string | undefined): string => {
  if (value === undefined) return "it is not set";
  return secret
    ? "its value is not shown because it may contain a secret"
    : `got ${JSON.stringify(redactText(value))}`;
};
