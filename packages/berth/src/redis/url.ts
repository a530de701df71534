// Where Redis is, as its URL says.
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";

/** A Redis URL that is of no use; its message completes "NAME: …" and holds no secret. */
export class RedisUrlError extends TypeError {
  override readonly name = "RedisUrlError";
}

/** What a connection is made with. */
export interface RedisSettings {
  host: string;
  port: number;
  username: string | undefined;
  password: string | undefined;
  /** The database's number. */
  db: number;
  /** Undefined in clear text. */
  tls: ConnectionOptions | undefined;
}

const DEFAULT_PORT = 6379;
const FORM = "expected redis://user:password@host:port/number, or rediss:// for TLS";

/**
 * Reads a URL; what TLS trusts is named as redis-py has it: `ssl_ca_certs=FILE`, and `ssl_cert_reqs=none` for anybody.
 * @throws RedisUrlError
 * @see https://redis.readthedocs.io/en/stable/connections.html
 */
export function parseRedisUrl(text: string): RedisSettings {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const db = /^\/?(\d{0,5})$/.exec(url?.pathname ?? "?")?.[1];
  if (!url?.hostname || !/^rediss?:$/.test(url.protocol) || db === undefined || url.hash)
    throw new RedisUrlError(FORM);
  if (url.port === "0")
    throw new RedisUrlError("expected a port from 1 to 65535, or none for 6379");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return {
    host,
    port: url.port === "" ? DEFAULT_PORT : Number(url.port),
    username: decoded(url.username),
    password: decoded(url.password),
    db: Number(db),
    tls: tlsOptions(url, host),
  };
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part) || undefined;
  } catch {
    throw new RedisUrlError("user and password must be percent-encoded: % is %25");
  }
}

function tlsOptions({ protocol, searchParams }: URL, host: string): ConnectionOptions | undefined {
  const {
    ssl_ca_certs: file,
    ssl_cert_reqs: required = "required",
    ...others
  } = Object.fromEntries(searchParams) as Partial<Record<string, string>>;
  const isTls = protocol === "rediss:";
  if (Object.keys(others).length > 0 || (!isTls && searchParams.size > 0))
    throw new RedisUrlError("expected no parameters but rediss' ssl_ca_certs and ssl_cert_reqs");
  if (!["none", "required"].includes(required))
    throw new RedisUrlError("expected ssl_cert_reqs=none or ssl_cert_reqs=required");
  if (!isTls) return undefined;
  return {
    // Some who share an address tell by it who is meant; an address is none.
    ...(isIP(host) === 0 && { servername: host }),
    ...(file !== undefined && { ca: readCertificates(file) }),
    rejectUnauthorized: required === "required",
  };
}

function readCertificates(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (err) {
    throw new RedisUrlError(`ssl_ca_certs cannot be read: ${(err as Error).message}`);
  }
}
