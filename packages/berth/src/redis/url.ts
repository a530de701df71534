// The URL of Redis, and the variable that holds it.
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";
import * as v from "valibot";
import { optional, variable } from "../process/environment";

/** An invalid Redis URL; the message follows the variable's name, and contains no secret. */
export class RedisUrlError extends TypeError {
  override readonly name = "RedisUrlError";
}

/** The settings of a connection. */
export interface RedisSettings {
  host: string;
  port: number;
  username: string | undefined;
  password: string | undefined;
  /** The database number. */
  db: number;
  /** Undefined without TLS. */
  tls: ConnectionOptions | undefined;
}

const DEFAULT_PORT = 6379;
const SYNTAX = "expected redis://user:password@host:port/number, or rediss:// for TLS";

/**
 * Parses a URL. It may have the TLS parameters of redis-py: `ssl_ca_certs=FILE`, and `ssl_cert_reqs=none` for no verification.
 * @throws RedisUrlError
 * @see https://redis.readthedocs.io/en/stable/connections.html
 */
export function parseRedisUrl(text: string): RedisSettings {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const db = /^\/?(\d{0,5})$/.exec(url?.pathname ?? "?")?.[1];
  if (!url?.hostname || !/^rediss?:$/.test(url.protocol) || db === undefined || url.hash)
    throw new RedisUrlError(SYNTAX);
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
    // SNI: shared endpoints route by host name. Not sent for IP addresses.
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

/** The variables of a process that uses Redis. */
export const redisVariables = {
  REDIS_URL: variable({
    schema: optional(
      v.pipe(
        v.string(),
        v.regex(/^rediss?:\/\//),
        v.description("redis://user:password@host:port/number, or rediss:// for TLS"),
      ),
    ),
    example: "redis://localhost:6379",
    about: "The Redis in which all processes share the counts for `RATE_LIMIT_PER_MINUTE`.",
    secret: true,
    complete(url) {
      if (url !== undefined) parseRedisUrl(url);
      return url;
    },
  }),
};
