// Reads a PostgreSQL URL as libpq does: what works in psql works here. Pure.

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

/** What is wrong with a URL; it may hold a password, so nothing of the URL is in the message. */
export class PostgresUrlError extends Error {
  override readonly name = "PostgresUrlError";
}

/**
 * The parameters that are heeded, each with libpq's variable for it.
 * @see https://www.postgresql.org/docs/current/libpq-envars.html
 */
const PARAMETERS: Readonly<Record<string, string | undefined>> = {
  host: "PGHOST",
  port: "PGPORT",
  user: "PGUSER",
  password: "PGPASSWORD",
  dbname: "PGDATABASE",
  sslmode: "PGSSLMODE",
  sslrootcert: "PGSSLROOTCERT",
  sslcert: "PGSSLCERT",
  sslkey: "PGSSLKEY",
  sslpassword: undefined,
  channel_binding: "PGCHANNELBINDING",
  target_session_attrs: "PGTARGETSESSIONATTRS",
  connect_timeout: "PGCONNECT_TIMEOUT",
  options: "PGOPTIONS",
  application_name: "PGAPPNAME",
};

/** Parameters that many URLs carry and that change nothing here, with the values for which that is true. */
const WITHOUT_EFFECT: Readonly<Record<string, RegExp>> = {
  client_encoding: /^(utf-?8|auto)$/i,
  fallback_application_name: /^/,
  gssencmode: /^(disable|prefer)$/,
  keepalives: /^1$/,
  sslcompression: /^0$/,
  sslnegotiation: /^postgres$/,
  uselibpqcompat: /^/,
};

/** Where servers are looked for when nothing names one: Debian's socket, PostgreSQL's own, this machine. */
const DEFAULT_HOSTS = "/var/run/postgresql,/tmp,localhost";

/** A password may hold `?`, or an `@` that nobody encoded: the last one before the hosts counts. */
const URL_PARTS = /^postgres(?:ql)?:\/\/(?:([^/?]*|[^/@]*)@)?([^/?]*)(?:\/([^?]*))?(?:\?([^]*))?$/;

/** The URL, with what libpq's variables say where it says nothing itself. @throws PostgresUrlError */
export function completePostgresUrl(
  url: string,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const given = readParameters(url);
  const added = Object.entries(PARAMETERS).flatMap(([name, variable]) => {
    const value = variable && env[variable];
    return value && given[name] === undefined ? [`${name}=${encodeURIComponent(value)}`] : [];
  });
  if (added.length === 0) return url;
  return `${url}${url.includes("?") ? "&" : "?"}${added.join("&")}`;
}

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

type Parameters = Partial<Record<string, string>>;

/** What stands in front of the question mark is a parameter like those behind it, which win. */
function readParameters(url: string): Parameters {
  const parts = URL_PARTS.exec(url);
  if (!parts) throw new PostgresUrlError("expected postgres://user:password@host:port/database");
  const [, userinfo = "", authority = "", database = "", query = ""] = parts;
  const [user = "", ...password] = userinfo.split(":");
  const hosts = authority.split(",").map(splitHost);
  const before = {
    user,
    password: password.join(":"),
    host: authority && hosts.map(({ host }) => host).join(","),
    port: hosts.some(({ port }) => port) ? hosts.map(({ port }) => port).join(",") : "",
    dbname: database,
  };
  const parameters: Parameters = {};
  for (const [name, value] of Object.entries(before)) {
    if (value) parameters[name] = decode(value);
  }
  return Object.assign(parameters, readQuery(query));
}

function splitHost(text: string): { host: string; port: string } {
  const parts = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d*))?$/.exec(text);
  if (!parts) throw new PostgresUrlError("a host is malformed: an IPv6 address needs brackets");
  return { host: parts[1] ?? parts[2] ?? "", port: parts[3] ?? "" };
}

function readQuery(query: string): Parameters {
  const parameters: Parameters = {};
  for (const pair of query.split("&").filter(Boolean)) {
    const [name = "", ...rest] = pair.split("=");
    const value = decode(rest.join("="));
    if (decode(name) === "ssl") parameters.sslmode = sslModeOf(value);
    else if (!(decode(name) in PARAMETERS)) refuseUnlessWithoutEffect(decode(name), value);
    else if (value) parameters[decode(name)] = value;
  }
  return parameters;
}

/** JDBC's and node-postgres' way to say it. */
function sslModeOf(ssl: string): SslMode {
  const mode = { true: "require", 1: "require", false: "disable", 0: "disable" }[ssl] ?? ssl;
  if (["require", "disable", "no-verify"].includes(mode)) return mode as SslMode;
  throw new PostgresUrlError("ssl must be true or false; sslmode says it better");
}

function refuseUnlessWithoutEffect(name: string, value: string): void {
  if (WITHOUT_EFFECT[name]?.test(value)) return;
  if (name in WITHOUT_EFFECT) {
    throw new PostgresUrlError(`${name} has a value that is not supported: leave it out`);
  }
  // Its name is not shown: it may be the rest of a password.
  const known = Object.keys(PARAMETERS).join(", ");
  throw new PostgresUrlError(`it has a parameter that is not supported; these are: ${known}`);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new PostgresUrlError("its percent-encoding is malformed: a percent sign is %25");
  }
}

/** For the reader of a message: a parameter, and the variable that may have set it. */
const called = (name: string): string => `${name} (or ${PARAMETERS[name]})`;

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
