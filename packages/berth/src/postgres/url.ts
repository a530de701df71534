// Parses a PostgreSQL URL as libpq does: a URL that works in psql works here.
import { labelOf, type Parameters, parseParameters, PostgresUrlError } from "./url-parameters";

/** libpq's modes of encryption and verification, and `no-verify` of node-postgres: TLS that verifies nothing. */
const SSL_MODES = [
  "disable",
  "allow",
  "prefer",
  "require",
  "verify-ca",
  "verify-full",
  "no-verify",
] as const;
type SslMode = (typeof SSL_MODES)[number];

/** The server that is required (`target_session_attrs`). */
const SESSION_ATTRIBUTES = [
  "any",
  "read-write",
  "read-only",
  "primary",
  "standby",
  "prefer-standby",
] as const;
export type SessionAttributes = (typeof SESSION_ATTRIBUTES)[number];

const CHANNEL_BINDINGS = ["disable", "prefer", "require"] as const;

/** One server; a host that begins with a slash is the folder of a Unix socket. */
export interface PostgresHost {
  host: string;
  port: number;
}

/** A parsed URL, with libpq's defaults. */
export interface PostgresSettings {
  /** In the order in which they are tried. */
  hosts: readonly PostgresHost[];
  sslMode: SslMode;
  /** Whether the mode was set; otherwise it is the default. */
  isSslModeChosen: boolean;
  /** Whether SCRAM channel binding is required: it rules out a man in the middle, even without certificates. */
  needsChannelBinding: boolean;
  targetSessionAttrs: SessionAttributes;
  /** The connect timeout of one host, in milliseconds. */
  connectTimeoutMs: number;
  user: string | undefined;
  password: string | undefined;
  database: string | undefined;
  /** Server settings, such as `-c search_path=app`. */
  options: string | undefined;
  applicationName: string | undefined;
  /** A file of root certificates, or `system` for those of the system. */
  sslRootCert: string | undefined;
  sslCert: string | undefined;
  sslKey: string | undefined;
  sslPassword: string | undefined;
}

/** The default hosts: the socket folders of Debian and of PostgreSQL itself, and localhost. */
const DEFAULT_HOSTS = "/var/run/postgresql,/tmp,localhost";

/**
 * Parses a URL.
 * @throws PostgresUrlError that names a malformed parameter and its valid values, or says that one is not supported.
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
 */
export function parsePostgresUrl(url: string): PostgresSettings {
  const given = parseParameters(url);
  const sslMode = parseSslMode(given);
  const seconds = parseNumber(given, "connect_timeout", 0, 86_400) ?? 0;
  return {
    hosts: parseHosts(given),
    sslMode,
    isSslModeChosen: given.sslmode !== undefined,
    needsChannelBinding: parseChoice(given, "channel_binding", CHANNEL_BINDINGS) === "require",
    targetSessionAttrs: parseChoice(given, "target_session_attrs", SESSION_ATTRIBUTES) ?? "any",
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

function parseChoice<Choice extends string>(
  given: Parameters,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = given[name];
  if (value === undefined || choices.includes(value as Choice)) return value as Choice | undefined;
  throw new PostgresUrlError(`${labelOf(name)} must be one of ${choices.join(", ")}`);
}

function parseNumber(given: Parameters, name: string, min: number, max: number) {
  const value = given[name];
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value) && Number(value) >= min && Number(value) <= max) return Number(value);
  throw new PostgresUrlError(`${labelOf(name)} must be a whole number from ${min} to ${max}`);
}

function parseSslMode(given: Parameters): SslMode {
  const isSystem = given.sslrootcert === "system";
  const mode = parseChoice(given, "sslmode", SSL_MODES) ?? (isSystem ? "verify-full" : "prefer");
  if (isSystem && mode !== "verify-full") {
    throw new PostgresUrlError("sslrootcert=system needs sslmode=verify-full");
  }
  return mode;
}

function parseHosts(given: Parameters): PostgresHost[] {
  const hosts = (given.host ?? DEFAULT_HOSTS).split(",");
  const ports = (given.port ?? "").split(",");
  if (ports.length > 1 && ports.length !== hosts.length) {
    throw new PostgresUrlError("expected one port for all hosts, or one for each");
  }
  return hosts.map((host, index) => {
    const text = ports.length > 1 ? ports[index] : ports[0];
    const port = parseNumber({ port: text || "5432" }, "port", 1, 65_535) as number;
    return { host: host || "localhost", port };
  });
}
