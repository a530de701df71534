// One client of one PostgreSQL server: everything that pg is told, so that it reads nothing from the environment itself.
import { Socket } from "node:net";
import { Client, type Connection } from "pg";
import { type Encryption, tlsOptions } from "./tls";
import { getTypeParser, NEEDED_SETTINGS, PREFERRED_SETTINGS } from "./types";
import type { PostgresHost, PostgresSettings } from "./url";

/** What all connections to a database have in common. */
export interface ClientOptions {
  settings: PostgresSettings;
  /** What the server's list of connections shows, unless the URL has a name for it. */
  applicationName?: string;
  /** How long a statement may run, in milliseconds; without it, as long as it likes. */
  statementTimeoutMs?: number;
  /** Names of settings that the server is not told of, as it would refuse the connection. */
  unsent?: ReadonlySet<string>;
}

/** The server ends a slow statement itself; when even that gets no answer, the connection is given up this much later. */
const UNANSWERED_MS = 1000;

/** When a silent connection is first asked whether it is still there; the system's own default is two hours. */
const KEEP_ALIVE_DELAY_MS = 10_000;

/** Creates a client that is still to be connected, and what tells whether anybody was there to connect to. */
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
  // A connection that breaks rejects the statement that needs it.
  client.on("error", () => undefined);
  setUp(client, settings, unsent);
  if (settings.needsChannelBinding) insistOnChannelBinding(client);
  return { client, wasReached: () => isReached };
}

/**
 * Gives the session its settings in the message that opens it, so that they cost no round trip, and go before those of its
 * user and database. A pooler follows or refuses them. pg has no option for them.
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
 * Leaves before a password is sent in another way, or somebody says that none is needed; pg binds only where it is offered.
 * @see https://www.postgresql.org/docs/current/sasl-authentication.html
 */
function insistOnChannelBinding(client: Client): void {
  const { connection } = client as unknown as { connection: Connection };
  let isProven = false;
  const refuse = () => {
    // Now, as the rest of what the server has sent is read in this very turn.
    connection.emit("error", new Error("the server has no channel binding"));
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
