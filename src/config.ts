// Every variable of the environment: its type, unit, default and cure. Pure: the environment is an argument.
import { isIP } from "node:net";
import * as v from "valibot";
import { completePostgresUrl } from "./backing/postgres-parameters";
import { parsePostgresUrl } from "./backing/postgres-url";

/** A whole number in plain decimal digits: `"1e4"`, `"0x10"`, `" 80"` and `""` are none. */
const integer = (min: number, max: number, unit = "") =>
  v.pipe(
    v.string(),
    v.regex(/^\d{1,15}$/),
    v.transform(Number),
    v.minValue(min),
    v.maxValue(max),
    v.description(`a whole number from ${min} to ${max}${unit && ` (${unit})`}`),
  );

const flag = v.pipe(
  v.picklist(["true", "false"]),
  v.transform((value) => value === "true"),
  v.description("true or false"),
);

const isNetwork = (value: string): boolean => {
  const [address = "", prefix, ...rest] = value.split("/");
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return (
    bits > 0 &&
    rest.length === 0 &&
    (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits))
  );
};

/** A hop count or a list of networks, as Express' `trust proxy` takes them. */
const trustProxy = v.pipe(
  v.string(),
  v.check((value) => /^\d{1,2}$/.test(value) || value.split(",").every(isNetwork)),
  v.transform((value) => (/^\d+$/.test(value) ? Number(value) : value.split(","))),
  v.description(
    "a number of proxy hops (0 to 99), or addresses and CIDR ranges joined by commas; " +
      "`true` is refused because it lets any client forge its address",
  ),
);

const postgresUrl = v.pipe(
  v.string(),
  v.regex(/^postgres(ql)?:\/\//),
  v.description("postgres://user:password@host:port/database"),
);

type Schema = v.GenericSchema<string, unknown>;

interface Variable {
  schema: Schema;
  /** What applies when the variable is not set, as it would be written in `.env`; without one it must be set. */
  default?: string;
  /** One sentence for the README and `.env.example`. */
  about: string;
  /** An example for `.env.example`, for a variable without a default. */
  example?: string;
  /** A secret's value is never printed. */
  secret?: true;
}

const variable = <S extends Schema>(of: Omit<Variable, "schema"> & { schema: S }) => of;

const VARIABLES = {
  PORT: variable({
    schema: integer(0, 65535),
    default: "5000",
    about: "The port to bind; 0 lets the system choose a free one.",
  }),
  HOST: variable({
    schema: v.pipe(
      v.string(),
      v.nonEmpty(),
      v.description("an address or host name of this machine"),
    ),
    default: "::",
    about:
      "The address to bind: `::` is every address, IPv6 and IPv4; without IPv6 it is `0.0.0.0`.",
  }),
  REUSE_PORT: variable({
    schema: flag,
    default: "false",
    about:
      "Whether several processes may bind the same port and share its connections; needs Node 22.12.",
  }),
  LOG_LEVEL: variable({
    schema: v.pipe(
      v.picklist(["trace", "debug", "info", "warn", "error", "fatal", "silent"]),
      v.description("one of trace, debug, info, warn, error, fatal, silent"),
    ),
    default: "info",
    about: "The least severe log lines to print.",
  }),
  BODY_LIMIT_BYTES: variable({
    schema: integer(0, 1_073_741_824, "bytes"),
    default: "102400",
    about: "The largest request body, after decompression.",
  }),
  TRUST_PROXY: variable({
    schema: trustProxy,
    default: "0",
    about:
      "Whose `X-Forwarded-*` headers to believe: how many proxies stand in front, or their addresses.",
  }),
  KEEP_ALIVE_TIMEOUT_MS: variable({
    schema: integer(0, 3_600_000, "milliseconds"),
    default: "95000",
    about:
      "How long an idle connection stays open: longer than the router's own (Heroku's: 90 s), or it sends into a closed one.",
  }),
  REQUEST_TIMEOUT_MS: variable({
    schema: integer(1, 3_600_000, "milliseconds"),
    default: "60000",
    about:
      "How long a client may take to send a request, body included: raise it together with `BODY_LIMIT_BYTES`.",
  }),
  RESPONSE_TIMEOUT_MS: variable({
    schema: integer(1, 3_600_000, "milliseconds"),
    default: "60000",
    about:
      "How long a client may take nothing of an answer that waits for it, before it is cut; at most twice as long.",
  }),
  DRAIN_DELAY_MS: variable({
    schema: integer(0, 600_000, "milliseconds"),
    default: "0",
    about:
      "How long to keep accepting after SIGTERM, while the router learns to look elsewhere (Kubernetes: 5000).",
  }),
  SHUTDOWN_TIMEOUT_MS: variable({
    schema: integer(1, 3_600_000, "milliseconds"),
    default: "8000",
    about:
      "How long after SIGTERM the rest is cut, drain delay included: less than the platform's grace (often 10 s).",
  }),
  DATABASE_URL: variable({
    schema: postgresUrl,
    about:
      "The PostgreSQL database, as psql takes it: `?sslmode=…`, `PGSSLMODE`, several hosts. `npm run dev` has its own.",
    example: "postgres://user:password@localhost:5432/berth",
    secret: true,
  }),
  DATABASE_POOL_SIZE: variable({
    schema: integer(1, 1000, "connections"),
    default: "10",
    about: "The most database connections that one process opens.",
  }),
  DATABASE_CONNECT_TIMEOUT_MS: variable({
    schema: integer(1, 600_000, "milliseconds"),
    default: "2000",
    about: "How long a request waits for a database connection before it is answered 503.",
  }),
  DATABASE_STATEMENT_TIMEOUT_MS: variable({
    schema: integer(1, 3_600_000, "milliseconds"),
    default: "5000",
    about: "How long one SQL statement may run before the request is answered 503.",
  }),
};

type Variables = typeof VARIABLES;

/** The service's configuration, frozen; the keys are the environment's own names. */
export type Config = Readonly<{
  [Key in keyof Variables]: v.InferOutput<Variables[Key]["schema"]>;
}>;

/** Every variable by name, for the documentation and its test. */
export const variables: Readonly<Record<string, Variable>> = VARIABLES;

/** Everything that is wrong with the environment, one line a problem. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

const shown = (of: Variable, value: string | undefined): string => {
  if (value === undefined) return "it is not set";
  return of.secret
    ? "what came is not shown, as it may hold a secret"
    : `got ${JSON.stringify(value)}`;
};

const problem = (name: string, of: Variable, value: string | undefined): string =>
  `${name}: expected ${v.getDescription(of.schema)}; ${shown(of, value)}. ` +
  (of.default === undefined
    ? `Set it, for example ${name}=${of.example}`
    : `Correct it, or unset it for the default, ${of.default}`);

/**
 * Reads the whole configuration from an environment.
 * @throws ConfigError naming every variable that is missing or malformed, with what was expected and the cure.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const config: Record<string, unknown> = {};
  for (const [name, of] of Object.entries(variables)) {
    const result = v.safeParse(of.schema, env[name] ?? of.default);
    if (result.success) config[name] = result.output;
    else problems.push(problem(name, of, env[name]));
  }
  if (typeof config.DATABASE_URL === "string") {
    try {
      config.DATABASE_URL = completePostgresUrl(config.DATABASE_URL, env);
      parsePostgresUrl(config.DATABASE_URL as string);
    } catch (err) {
      problems.push(
        `DATABASE_URL: ${(err as Error).message}; what came is not shown, as it may hold a secret. Correct it`,
      );
    }
  }
  if ((config.DRAIN_DELAY_MS as number) >= (config.SHUTDOWN_TIMEOUT_MS as number)) {
    problems.push(
      "DRAIN_DELAY_MS: expected less than SHUTDOWN_TIMEOUT_MS, which includes it; " +
        `got ${String(config.DRAIN_DELAY_MS)} of ${String(config.SHUTDOWN_TIMEOUT_MS)}. Lower it, or raise SHUTDOWN_TIMEOUT_MS`,
    );
  }
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  return Object.freeze(config) as Config;
}
