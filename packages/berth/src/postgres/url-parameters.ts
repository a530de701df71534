// Parses the parameters of a PostgreSQL URL; their defaults are libpq's environment variables.

/** An invalid PostgreSQL URL. The message quotes nothing of it, as any part may be a password. */
export class PostgresUrlError extends Error {
  override readonly name = "PostgresUrlError";
}

/**
 * The supported parameters, each with libpq's environment variable.
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

/** Common parameters that are accepted and ignored, with the values for which that is correct. */
const IGNORED: Readonly<Record<string, RegExp>> = {
  client_encoding: /^(utf-?8|auto)$/i,
  fallback_application_name: /^/,
  gssencmode: /^(disable|prefer)$/,
  keepalives: /^1$/,
  sslcompression: /^0$/,
  sslnegotiation: /^postgres$/,
  uselibpqcompat: /^/,
};

/** User and password, hosts, database, query. A password may contain `?`, or an unencoded `@`: the last `@` ends it. */
const URL_PARTS = /^postgres(?:ql)?:\/\/(?:([^/?]*|[^/@]*)@)?([^/?]*)(?:\/([^?]*))?(?:\?([^]*))?$/;

/** Adds the parameters that libpq's variables set and the URL does not. @throws PostgresUrlError */
export function completePostgresUrl(
  url: string,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const given = parseParameters(url);
  const added = Object.entries(PARAMETERS).flatMap(([name, variable]) => {
    const value = variable && env[variable];
    return value && given[name] === undefined ? [`${name}=${encodeURIComponent(value)}`] : [];
  });
  if (added.length === 0) return url;
  return `${url}${url.includes("?") ? "&" : "?"}${added.join("&")}`;
}

/** The parameters of a URL, by libpq's names. */
export type Parameters = Partial<Record<string, string>>;

/** Parses user, hosts and database as parameters; those of the query override them. @throws PostgresUrlError */
export function parseParameters(url: string): Parameters {
  const parts = URL_PARTS.exec(url);
  if (!parts) throw new PostgresUrlError("expected postgres://user:password@host:port/database");
  const [, userinfo = "", authority = "", database = "", query = ""] = parts;
  const [user = "", ...password] = userinfo.split(":");
  const hosts = authority.split(",").map(splitHost);
  const ofUrl = {
    user,
    password: password.join(":"),
    host: authority && hosts.map(({ host }) => host).join(","),
    port: hosts.some(({ port }) => port) ? hosts.map(({ port }) => port).join(",") : "",
    dbname: database,
  };
  const parameters: Parameters = {};
  for (const [name, value] of Object.entries(ofUrl)) {
    if (value) parameters[name] = decode(value);
  }
  return Object.assign(parameters, parseQuery(query));
}

function splitHost(text: string): { host: string; port: string } {
  const parts = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d*))?$/.exec(text);
  if (!parts) throw new PostgresUrlError("a host is malformed: an IPv6 address needs brackets");
  return { host: parts[1] ?? parts[2] ?? "", port: parts[3] ?? "" };
}

function parseQuery(query: string): Parameters {
  const parameters: Parameters = {};
  for (const pair of query.split("&").filter(Boolean)) {
    const [name = "", ...rest] = pair.split("=").map(decode);
    const value = rest.join("=");
    if (name === "ssl") parameters.sslmode = sslModeOf(value);
    else if (!Object.hasOwn(PARAMETERS, name)) refuseUnlessIgnored(name, value);
    else if (value) parameters[name] = value;
  }
  return parameters;
}

/** The `ssl` parameter of JDBC and node-postgres. */
function sslModeOf(ssl: string): string {
  const mode = { true: "require", 1: "require", false: "disable", 0: "disable" }[ssl] ?? ssl;
  if (["require", "disable", "no-verify"].includes(mode)) return mode;
  throw new PostgresUrlError("ssl must be true or false; better use sslmode");
}

function refuseUnlessIgnored(name: string, value: string): void {
  const isKnown = Object.hasOwn(IGNORED, name);
  if (isKnown && IGNORED[name]?.test(value)) return;
  if (isKnown) {
    throw new PostgresUrlError(`${name} has a value that is not supported: leave it out`);
  }
  // The name is not shown: it may be part of a password.
  const known = Object.keys(PARAMETERS).join(", ");
  throw new PostgresUrlError(`it has an unsupported parameter; supported are: ${known}`);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new PostgresUrlError("its percent-encoding is malformed: a percent sign is %25");
  }
}

/** Names a parameter in messages, with the variable that may have set it. */
export const labelOf = (name: string): string => `${name} (or ${PARAMETERS[name]})`;
