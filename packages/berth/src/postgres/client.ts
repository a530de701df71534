// Creates a client of one PostgreSQL server, with all options set, so that pg reads nothing from the environment.
import { Socket } from "node:net";
import { Client, type Connection } from "pg";
import { type Encryption, tlsOptions } from "./tls";
import { getTypeParser, NEEDED_SETTINGS, PREFERRED_SETTINGS } from "./types";
import type { PostgresHost, PostgresSettings } from "./url";

/** The options that all connections to a database share. */
export interface ClientOptions {
  settings: PostgresSettings;
  /** The name in `pg_stat_activity`, unless the URL sets one. */
  applicationName?: string;
  /** The statement timeout, in milliseconds; none by default. */
  statementTimeoutMs?: number;
  /** Settings that are not sent, as the server would refuse the connection. */
  unsent?: ReadonlySet<string>;
}

/** The server itself cancels a slow statement; if even then no response comes, the connection is dropped after this time. */
const UNANSWERED_MS = 1000;

/** The idle time before the first TCP keep-alive probe; the system's default is two hours. */
const KEEP_ALIVE_DELAY_MS = 10_000;

/** Creates a client, not connected yet; `wasReached` tells whether a TCP connection was established. */
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
    query_timeout: statementTimeoutMs && statementTimeoutMs + UNANSWERED_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
  });
  // A broken connection rejects the statement that uses it.
  client.on("error", () => undefined);
  setUp(client, settings, unsent);
  if (settings.needsChannelBinding) requireChannelBinding(client);
  return { client, wasReached: () => isReached };
}

/**
 * Sends the session's settings in the start-up message, so that they cost no round trip and override those of the user and
 * the database. A pooler applies or refuses them. pg has no option for them.
 */
function setUp(
  client: Client,
  { options = "" }: PostgresSettings,
  unsent: ReadonlySet<string>,
): void {
  const own = client as unknown as { getStartupConf: () => Record<string, string> };
  const { getStartupConf } = own;
  const wanted = Object.entries({ ...PREFERRED_SETTINGS, ...NEEDED_SETTINGS }).filter(
    ([name]) =>
      !unsent.has(name) &&
      (name in NEEDED_SETTINGS || !options.toLowerCase().includes(name.toLowerCase())),
  );
  own.getStartupConf = () => ({ ...getStartupConf.call(client), ...Object.fromEntries(wanted) });
}

const BOUND = "SCRAM-SHA-256-PLUS";

/**
 * Ends the connection before a password is sent without channel binding, or if the server asks for none; pg itself uses
 * channel binding only if the server offers it.
 * @see https://www.postgresql.org/docs/current/sasl-authentication.html
 */
function requireChannelBinding(client: Client): void {
  const { connection } = client as unknown as { connection: Connection };
  let isProven = false;
  const refuse = () => {
    // Synchronously, as pg reads the server's next messages in the same turn.
    connection.emit("error", new Error("the server does not support channel binding"));
    connection.stream.destroy();
  };
  connection.on("authenticationCleartextPassword", refuse);
  connection.on("authenticationMD5Password", refuse);
  connection.on("authenticationSASL", ({ mechanisms }: { mechanisms: string[] }) => {
    if (!mechanisms.includes(BOUND)) refuse();
  });
  connection.on("authenticationSASLFinal", () => (isProven = true));
  connection.on("authenticationOk", () => isProven || refuse());
}
