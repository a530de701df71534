// Turns libpq's sslmode and certificate parameters into Node's TLS options.
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type * as tls from "node:tls";
import type { PostgresHost, PostgresSettings } from "./url";
import { PostgresUrlError } from "./url-parameters";

/** Whether a connection is encrypted. */
export type Encryption = "tls" | "plain text";

/** What is tried, in order, by sslmode; all others are TLS only. */
const TRIES = {
  disable: ["plain text"],
  allow: ["plain text", "tls"],
  prefer: ["tls", "plain text"],
} as const;

/** With what encryption to try a host, in order; a Unix socket is never encrypted. */
export function encryptionsOf(settings: PostgresSettings, host: PostgresHost) {
  const { sslMode, needsChannelBinding } = settings;
  if (isSocketFolder(host)) return TRIES.disable;
  if (needsChannelBinding) return ["tls"] as const;
  return (TRIES as Partial<Record<string, readonly Encryption[]>>)[sslMode] ?? (["tls"] as const);
}

export const isSocketFolder = ({ host }: PostgresHost): boolean => host.startsWith("/");

/** What is verified of the server's certificate: nothing, its issuer, or issuer and host name (`full`). */
export type Verification = "none" | "issuer" | "full";

/** As in libpq, `require` verifies the issuer if there is a root certificate. */
export function verificationOf(settings: PostgresSettings): Verification {
  const { sslMode } = settings;
  if (sslMode === "verify-full") return "full";
  if (sslMode === "verify-ca") return "issuer";
  return sslMode === "require" && rootFile(settings) ? "issuer" : "none";
}

/**
 * Node's TLS options for a connection. Files are read each time: new connections use a renewed certificate.
 * @throws PostgresUrlError when a file cannot be read, or verify-ca has no root certificate.
 */
export function tlsOptions(settings: PostgresSettings): tls.ConnectionOptions {
  const { sslMode, sslRootCert, sslPassword: passphrase } = settings;
  const cert = readFile("sslcert", settings.sslCert, "postgresql.crt");
  const key = cert && readFile("sslkey", settings.sslKey, "postgresql.key");
  const identity = { ...(cert && { cert, key }), ...(passphrase && { passphrase }) };
  const verification = verificationOf(settings);
  if (verification === "none") return { ...identity, rejectUnauthorized: false };
  const ca = sslRootCert === "system" ? systemRoots() : readFile("sslrootcert", rootFile(settings));
  if (!ca && sslMode === "verify-ca") {
    throw new PostgresUrlError("sslmode=verify-ca needs sslrootcert, a file of certificates");
  }
  const verified = { ...identity, ...(ca && { ca }), rejectUnauthorized: true };
  if (verification === "full") return verified;
  return { ...verified, checkServerIdentity: () => undefined };
}

/** Node's own root certificates and, in newer versions, those of the system. */
function systemRoots(): string[] | undefined {
  const { getCACertificates } = loadTls() as { getCACertificates?: (type: string) => string[] };
  return getCACertificates && [...getCACertificates("default"), ...getCACertificates("system")];
}

/** Checks at start that files can be read, and key and certificate belong together. @throws PostgresUrlError */
export function checkTlsFiles(settings: PostgresSettings): void {
  const options = tlsOptions(settings);
  if (!options.cert && !options.ca) return;
  try {
    loadTls().createSecureContext(options);
  } catch (err) {
    const message = (err as Error).message;
    throw new PostgresUrlError(
      `sslcert, sslkey and sslrootcert cannot be used together: ${message}`,
    );
  }
}

// eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start, and few URLs need it
const loadTls = () => require("node:tls") as typeof tls;

/** A default file of libpq, if it exists. */
const defaultFile = (name: string): string | undefined => {
  const file = join(homedir(), ".postgresql", name);
  return existsSync(file) ? file : undefined;
};

const rootFile = ({ sslRootCert }: PostgresSettings): string | undefined =>
  sslRootCert ?? defaultFile("root.crt");

function readFile(parameter: string, given: string | undefined, defaultName?: string) {
  const file = given ?? (defaultName && defaultFile(defaultName));
  try {
    return file && readFileSync(file, "utf8");
  } catch (err) {
    throw new PostgresUrlError(`${parameter} cannot be read: ${(err as Error).message}`);
  }
}
