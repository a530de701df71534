// Warns of a database connection without encryption or without verification of the server, and says how to change that.
import { BlockList, isIP } from "node:net";
import type { Logger } from "pino";
import { type Encryption, isSocketFolder, verificationOf } from "./tls";
import type { PostgresHost, PostgresSettings } from "./url";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether the connection leaves this machine. */
const isRemote = (server: PostgresHost): boolean =>
  !isSocketFolder(server) &&
  server.host !== "localhost" &&
  !(isIP(server.host) && isLoopback(server.host));

const isLoopback = (address: string): boolean =>
  loopback.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");

/**
 * Returns a function for each new connection. It logs a weakness once: as a warning if sslmode is the default, as info if it
 * was set.
 */
export function createTlsWarnings(
  settings: PostgresSettings,
  logger: Pick<Logger, "info" | "warn">,
) {
  const level = settings.isSslModeChosen ? "info" : "warn";
  const logged = new Set<string>();
  return (server: PostgresHost, encryption: Encryption): void => {
    const message = weaknessOf(settings, encryption);
    if (!message || !isRemote(server) || logged.has(message)) return;
    logged.add(message);
    logger[level]({ host: server.host, port: server.port, sslmode: settings.sslMode }, message);
  };
}

function weaknessOf(settings: PostgresSettings, encryption: Encryption): string | undefined {
  if (encryption === "plain text") {
    return (
      "the connection to the database is not encrypted: add sslmode=require to DATABASE_URL, " +
      "or sslmode=disable if the network is trusted"
    );
  }
  const verification = verificationOf(settings);
  if (verification === "full" || settings.needsChannelBinding) return undefined;
  const gap =
    verification === "none"
      ? "the server's certificate is not verified"
      : "the host name in the server's certificate is not verified";
  return (
    `the connection to the database is encrypted, but ${gap}: ` +
    "add sslmode=verify-full to DATABASE_URL, and sslrootcert=FILE if the issuer is not a public one, " +
    "or sslmode=require if this is enough"
  );
}
