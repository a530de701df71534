// The parameters of a PostgreSQL URL, and the variables of the environment that stand in for them. Pure.

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

/** What a URL says, by the names of libpq's parameters. */
export type Parameters = Partial<Record<string, string>>;

/** What stands in front of the question mark is a parameter like those behind it, which win. @throws PostgresUrlError */
export function readParameters(url: string): Parameters {
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
    const [name = "", ...rest] = pair.split("=").map(decode);
    const value = rest.join("=");
    if (name === "ssl") parameters.sslmode = sslModeOf(value);
    else if (!Object.hasOwn(PARAMETERS, name)) refuseUnlessWithoutEffect(name, value);
    else if (value) parameters[name] = value;
  }
  return parameters;
}

/** JDBC's and node-postgres' way to say it. */
function sslModeOf(ssl: string): string {
  const mode = { true: "require", 1: "require", false: "disable", 0: "disable" }[ssl] ?? ssl;
  if (["require", "disable", "no-verify"].includes(mode)) return mode;
  throw new PostgresUrlError("ssl must be true or false; sslmode says it better");
}

function refuseUnlessWithoutEffect(name: string, value: string): void {
  const isKnown = Object.hasOwn(WITHOUT_EFFECT, name);
  if (isKnown && WITHOUT_EFFECT[name]?.test(value)) return;
  if (isKnown) {
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
export const called = (name: string): string => `${name} (or ${PARAMETERS[name]})`;
