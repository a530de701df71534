// Creates a pg client for one server, with all options set, as pg would read the others from PG* variables.
import { Socket } from "node:net";
import { Client, type Connection } from "pg";
import { type Encryption, tlsOptions } from "./tls";
import { getTypeParser, NEEDED_SETTINGS, PREFERRED_SETTINGS } from "./types";
import type { PostgresHost, PostgresSettings } from "./url";

/** What all connections to a database have in common. */
export interface ClientOptions {
  settings: PostgresSettings;
  /** The name in `pg_stat_activity`, unless the URL sets one. */
  applicationName?: string;
  /** The statement timeout, in milliseconds; none by default. */
  statementTimeoutMs?: number;
  /** Settings that are not sent, because a pooler has refused them. */
  unsent?: ReadonlySet<string>;
}

/** When to drop a connection without a response, in milliseconds after the statement timeout, which the server enforces. */
const RESPONSE_GRACE_MS = 1000;

/** The idle time before the first TCP keep-alive probe, in milliseconds; the system's default is two hours. */
const KEEP_ALIVE_DELAY_MS = 10_000;

/** Creates a client, not connected yet; `wasReached` returns whether a TCP connection was established. */
export function createClient(
  host: PostgresHost,
  encryption: Encryption,
  timeoutMs: number,
  { settings, applicationName, statementTimeoutMs, unsent = new Set() }: ClientOptions,
): { client: Client; wasReached: () => boolean } {
  let isReached = false;
  const client = new Client({
    ...host,
    user: settings.user,
    password: settings.password,
    database: settings.database,
    options: settings.options,
    application_name: settings.applicationName ?? applicationName,
    enableChannelBinding: settings.needsChannelBinding,
    ssl: encryption === "tls" && tlsOptions(settings),
    sslnegotiation: "postgres",
    types: { getTypeParser },
    stream: () => new Socket().once("connect", () => (isReached = true)),
    connectionTimeoutMillis: timeoutMs,
    statement_timeout: !unsent.has("statement_timeout") && (statementTimeoutMs ?? false),
    query_timeout: statementTimeoutMs && statementTimeoutMs + RESPONSE_GRACE_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
  });
  // Without a listener, a broken connection would crash the process; it also rejects the statement in flight.
  client.on("error", () => undefined);
  sendSettings(client, settings, unsent);
  if (settings.needsChannelBinding) requireChannelBinding(client);
  const options = { settings, applicationName, statementTimeoutMs, unsent } as ClientOptions;
  cancels.set(client, () => createClient(host, encryption, CANCEL_TIMEOUT_MS, options).client);
  return { client, wasReached: () => isReached };
}

/** How long a request to cancel may take, in milliseconds. */
const CANCEL_TIMEOUT_MS = 5000;

/** Creates a second client for the server of the first one. */
const cancels = new WeakMap<Client, () => Client>();

/**
 * Asks the server to cancel the statement that a client is running, over a connection of its own, encrypted as the first. The
 * statement then fails with SQLSTATE 57014, unless it is done before; a server that does not know the request ignores it.
 * @returns Whether the request has been dealt with: otherwise it may yet meet the client's next statement.
 * @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
 */
export function cancelStatement(client: Client): Promise<boolean> {
  const second = cancels.get(client)?.();
  if (!second) return Promise.resolve(false);
  const { host, port, ssl, connection } = second as unknown as Internals;
  const { processID, secretKey } = client as unknown as Internals;
  const cancel = (): void => connection.cancel(processID, secretKey);
  return new Promise((resolve) => {
    const fail = (): void => {
      resolve(false);
      connection.stream.destroy();
    };
    const timer = setTimeout(fail, CANCEL_TIMEOUT_MS);
    connection.on("connect", () => (ssl ? connection.requestSsl() : cancel()));
    connection.on("sslconnect", cancel);
    connection.on("error", fail);
    // The server closes the connection once it has told the other one.
    connection.on("end", () => {
      clearTimeout(timer);
      resolve(true);
    });
    // A host that begins with a slash is the folder of a Unix socket, as in pg.
    if (host.startsWith("/")) connection.connect(`${host}/.s.PGSQL.${port}`);
    else connection.connect(port, host);
  });
}

/** What pg's types leave out. */
interface Internals {
  host: string;
  port: number;
  ssl: unknown;
  processID: number;
  secretKey: number;
  connection: Connection & {
    connect(port: number | string, host?: string): void;
    requestSsl(): void;
    cancel(processID: number, secretKey: number): void;
  };
}

/**
 * Sends session settings in the startup message, where they cost no round trip and override those of the user and the
 * database. A pooler applies or refuses them. pg has no option for them.
 */
function sendSettings(
  client: Client,
  { options = "" }: PostgresSettings,
  unsent: ReadonlySet<string>,
): void {
  const internals = client as unknown as { getStartupConf: () => Record<string, string> };
  const { getStartupConf } = internals;
  const added = Object.entries({ ...PREFERRED_SETTINGS, ...NEEDED_SETTINGS }).filter(
    ([name]) =>
      !unsent.has(name) &&
      (name in NEEDED_SETTINGS || !options.toLowerCase().includes(name.toLowerCase())),
  );
  internals.getStartupConf = () => ({
    ...getStartupConf.call(client),
    ...Object.fromEntries(added),
  });
}

/** The only mechanism with channel binding. */
const SCRAM_PLUS = "SCRAM-SHA-256-PLUS";

/**
 * Ends the connection before a password is sent without channel binding, or if the server asks for none; pg itself uses
 * channel binding only if the server offers it.
 * @see https://www.postgresql.org/docs/current/sasl-authentication.html
 */
function requireChannelBinding(client: Client): void {
  const { connection } = client as unknown as { connection: Connection };
  let isServerVerified = false;
  const refuse = () => {
    // Emitted synchronously: pg would handle the server's next messages in the same turn.
    connection.emit("error", new Error("the server does not support channel binding"));
    connection.stream.destroy();
  };
  connection.on("authenticationCleartextPassword", refuse);
  connection.on("authenticationMD5Password", refuse);
  connection.on("authenticationSASL", ({ mechanisms }: { mechanisms: string[] }) => {
    if (!mechanisms.includes(SCRAM_PLUS)) refuse();
  });
  connection.on("authenticationSASLFinal", () => (isServerVerified = true));
  connection.on("authenticationOk", () => isServerVerified || refuse());
}
