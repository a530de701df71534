// Reads a PostgreSQL URL as libpq does: what works in psql works here. Pure.
import { called, type Parameters, PostgresUrlError, readParameters } from "./url-parameters";

/** How a connection is encrypted, and whose certificate is taken; `no-verify` is node-postgres' word for never asking. */
export const SSL_MODES = [
  "disable",
  "allow",
  "prefer",
  "require",
  "verify-ca",
  "verify-full",
  "no-verify",
] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** What a server must be for its connection to be taken. */
export const SESSION_ATTRIBUTES = [
  "any",
  "read-write",
  "read-only",
  "primary",
  "standby",
  "prefer-standby",
] as const;
export type SessionAttributes = (typeof SESSION_ATTRIBUTES)[number];

const CHANNEL_BINDINGS = ["disable", "prefer", "require"] as const;

/** One server that the URL names; a host that begins with a slash is the folder of a Unix socket. */
export interface PostgresHost {
  host: string;
  port: number;
}

/** What a URL says, with libpq's defaults. */
export interface PostgresSettings {
  /** To be tried in this order. */
  hosts: readonly PostgresHost[];
  sslMode: SslMode;
  /** Whether somebody chose the mode, or it is the default. */
  isSslModeChosen: boolean;
  /** Whether the server must prove that nobody stands between here and it, by the password that both know. */
  needsChannelBinding: boolean;
  targetSessionAttrs: SessionAttributes;
  /** How long to wait for one host, in milliseconds. */
  connectTimeoutMs: number;
  user: string | undefined;
  password: string | undefined;
  database: string | undefined;
  /** Server settings, such as `-c search_path=app`. */
  options: string | undefined;
  applicationName: string | undefined;
  /** A file of trusted certificates, or `system` for the system's. */
  sslRootCert: string | undefined;
  sslCert: string | undefined;
  sslKey: string | undefined;
  sslPassword: string | undefined;
}

/** Where servers are looked for when nothing names one: Debian's socket, PostgreSQL's own, this machine. */
const DEFAULT_HOSTS = "/var/run/postgresql,/tmp,localhost";

/**
 * Reads a URL.
 * @throws PostgresUrlError naming the parameter that is malformed, unknown or not supported, and what it may be.
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
 */
export function parsePostgresUrl(url: string): PostgresSettings {
  const given = readParameters(url);
  const sslMode = readSslMode(given);
  const seconds = readNumber(given, "connect_timeout", 0, 86_400) ?? 0;
  return {
    hosts: readHosts(given),
    sslMode,
    isSslModeChosen: given.sslmode !== undefined,
    needsChannelBinding: readChoice(given, "channel_binding", CHANNEL_BINDINGS) === "require",
    targetSessionAttrs: readChoice(given, "target_session_attrs", SESSION_ATTRIBUTES) ?? "any",
    connectTimeoutMs: seconds > 0 ? seconds * 1000 : Infinity,
    user: given.user,
    password: given.password,
    database: given.dbname,
    options: given.options,
    applicationName: given.application_name,
    sslRootCert: given.sslrootcert,
    sslCert: given.sslcert,
    sslKey: given.sslkey,
    sslPassword: given.sslpassword,
  };
}

function readChoice<Choice extends string>(
  given: Parameters,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = given[name];
  if (value === undefined || choices.includes(value as Choice)) return value as Choice | undefined;
  throw new PostgresUrlError(`${called(name)} must be one of ${choices.join(", ")}`);
}

function readNumber(given: Parameters, name: string, min: number, max: number) {
  const value = given[name];
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value) && Number(value) >= min && Number(value) <= max) return Number(value);
  throw new PostgresUrlError(`${called(name)} must be a whole number from ${min} to ${max}`);
}

function readSslMode(given: Parameters): SslMode {
  const isSystem = given.sslrootcert === "system";
  const mode = readChoice(given, "sslmode", SSL_MODES) ?? (isSystem ? "verify-full" : "prefer");
  if (isSystem && mode !== "verify-full") {
    throw new PostgresUrlError("sslrootcert=system needs sslmode=verify-full");
  }
  return mode;
}

function readHosts(given: Parameters): PostgresHost[] {
  const hosts = (given.host ?? DEFAULT_HOSTS).split(",");
  const ports = (given.port ?? "").split(",");
  if (ports.length > 1 && ports.length !== hosts.length) {
    throw new PostgresUrlError("it needs one port for all hosts, or one for each");
  }
  return hosts.map((host, index) => {
    const text = ports.length > 1 ? ports[index] : ports[0];
    const port = readNumber({ port: text || "5432" }, "port", 1, 65_535) as number;
    return { host: host || "localhost", port };
  });
}
