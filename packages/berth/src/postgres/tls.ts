// What libpq's sslmode means for a connection, in Node's words.
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type * as tls from "node:tls";
import type { PostgresHost, PostgresSettings } from "./url";
import { PostgresUrlError } from "./url-parameters";

/** With which encryption a host is tried; the second is tried when the server does not want the first. */
export type Encryption = "tls" | "clear text";

const TRIES = {
  disable: ["clear text"],
  allow: ["clear text", "tls"],
  prefer: ["tls", "clear text"],
} as const;

/** The ways to try a host, in order; a Unix socket needs no encryption. */
export function encryptionsOf(settings: PostgresSettings, host: PostgresHost) {
  const { sslMode, needsChannelBinding } = settings;
  if (isSocketFolder(host)) return TRIES.disable;
  if (needsChannelBinding) return ["tls"] as const;
  return (TRIES as Partial<Record<string, readonly Encryption[]>>)[sslMode] ?? (["tls"] as const);
}

export const isSocketFolder = ({ host }: PostgresHost): boolean => host.startsWith("/");

/** What of a server's certificate is checked. */
export type Verification = "nothing" | "its issuer" | "its issuer and name";

/** As libpq, `require` checks the issuer where there is a root certificate to check it with. */
export function verificationOf(settings: PostgresSettings): Verification {
  const { sslMode } = settings;
  if (sslMode === "verify-full") return "its issuer and name";
  if (sslMode === "verify-ca") return "its issuer";
  return sslMode === "require" && rootFile(settings) ? "its issuer" : "nothing";
}

/**
 * Node's options for a connection; files are read now, so that a renewed certificate is used by the next connection.
 * @throws PostgresUrlError when a file cannot be read, or there is none to check the issuer with.
 */
export function tlsOptions(settings: PostgresSettings): tls.ConnectionOptions {
  const { sslMode, sslRootCert, sslPassword: passphrase } = settings;
  const cert = readFile("sslcert", settings.sslCert, "postgresql.crt");
  const key = cert && readFile("sslkey", settings.sslKey, "postgresql.key");
  const identity = { ...(cert && { cert, key }), ...(passphrase && { passphrase }) };
  const verification = verificationOf(settings);
  if (verification === "nothing") return { ...identity, rejectUnauthorized: false };
  const ca = sslRootCert === "system" ? systemRoots() : readFile("sslrootcert", rootFile(settings));
  if (!ca && sslMode === "verify-ca") {
    throw new PostgresUrlError("sslmode=verify-ca needs sslrootcert, a file of certificates");
  }
  const verified = { ...identity, ...(ca && { ca }), rejectUnauthorized: true };
  if (verification === "its issuer and name") return verified;
  return { ...verified, checkServerIdentity: () => undefined };
}

/** Node has its own list of roots; newer versions can add those of the system. */
function systemRoots(): string[] | undefined {
  const { getCACertificates } = loadTls() as { getCACertificates?: (type: string) => string[] };
  return getCACertificates && [...getCACertificates("default"), ...getCACertificates("system")];
}

/** Says at start what would fail at each connection. @throws PostgresUrlError */
export function checkTlsFiles(settings: PostgresSettings): void {
  const options = tlsOptions(settings);
  if (!options.cert && !options.ca) return;
  try {
    loadTls().createSecureContext(options);
  } catch (err) {
    const message = (err as Error).message;
    throw new PostgresUrlError(`sslcert, sslkey and sslrootcert do not fit: ${message}`);
  }
}

// eslint-disable-next-line @typescript-eslint/no-require-imports -- few URLs need it at start
const loadTls = () => require("node:tls") as typeof tls;

/** Where libpq looks when nothing is named. */
const standardFile = (name: string): string | undefined => {
  const file = join(homedir(), ".postgresql", name);
  return existsSync(file) ? file : undefined;
};

const rootFile = ({ sslRootCert }: PostgresSettings): string | undefined =>
  sslRootCert ?? standardFile("root.crt");

function readFile(parameter: string, named: string | undefined, standard?: string) {
  const file = named ?? (standard && standardFile(standard));
  try {
    return file && readFileSync(file, "utf8");
  } catch (err) {
    throw new PostgresUrlError(`${parameter} cannot be read: ${(err as Error).message}`);
  }
}
