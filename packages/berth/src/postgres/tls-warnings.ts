// Says what nobody checks about the database's connections, and how to change that.
import { BlockList, isIP } from "node:net";
import type { Logger } from "pino";
import { type Encryption, isSocketFolder, verificationOf } from "./tls";
import type { PostgresHost, PostgresSettings } from "./url";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether the connection leaves this machine. */
const leaves = (at: PostgresHost): boolean =>
  !isSocketFolder(at) && at.host !== "localhost" && !(isIP(at.host) && isLoopback(at.host));

const isLoopback = (address: string): boolean =>
  loopback.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");

/**
 * Returns what is told of each connection, and says each thing once: as a warning where the URL leaves the choice to
 * the default, as information where somebody chose.
 */
export function sayHowSafe(settings: PostgresSettings, logger: Pick<Logger, "info" | "warn">) {
  const level = settings.isSslModeChosen ? "info" : "warn";
  const said = new Set<string>();
  return (at: PostgresHost, encryption: Encryption): void => {
    const message = describe(settings, encryption);
    if (!message || !leaves(at) || said.has(message)) return;
    said.add(message);
    logger[level]({ host: at.host, port: at.port, sslmode: settings.sslMode }, message);
  };
}

function describe(settings: PostgresSettings, encryption: Encryption): string | undefined {
  if (encryption === "clear text") {
    return (
      "the connection to the database is not encrypted: add sslmode=require to DATABASE_URL, " +
      "or sslmode=disable where nobody else can listen"
    );
  }
  const verification = verificationOf(settings);
  if (verification === "its issuer and name" || settings.needsChannelBinding) return undefined;
  const checked = verification === "nothing" ? verification : `only ${verification}`;
  return (
    `the connection to the database is encrypted, but of the server's certificate ${checked} is checked: ` +
    "add sslmode=verify-full to DATABASE_URL, and sslrootcert=FILE where the issuer is not a public one, " +
    "or sslmode=require where this is enough"
  );
}
