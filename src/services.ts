// What features may use: each backing service once, with its check and its close.
import { createTokens, type TokenVerifier } from "berth/tokens";
import { createDatabase } from "berth/postgres";
import { createRedis } from "berth/redis";
import type { Attached, AttachOptions, BackingServices } from "berth/backing";
import type { ProcessServices } from "berth/process";
import type { Config, DatabaseConfig } from "./config";

export const backingServices = {
  database: ({ config, logger, name }: AttachOptions<DatabaseConfig>) => {
    const database = createDatabase({
      url: config.DATABASE_URL,
      poolSize: config.DATABASE_POOL_SIZE,
      connectTimeoutMs: config.DATABASE_CONNECT_TIMEOUT_MS,
      statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
      applicationName: name,
      logger,
    });
    return {
      use: database,
      check: database.ping,
      isRequired: true,
      maxConnections: config.DATABASE_POOL_SIZE,
      close: database.close,
    };
  },
  redis: ({ config, logger }: AttachOptions<Pick<Config, "REDIS_URL">>) => {
    if (config.REDIS_URL === undefined) return undefined;
    const redis = createRedis({ url: config.REDIS_URL, logger });
    return { use: redis, check: redis.ping, isRequired: false, close: redis.close };
  },
  tokens: ({ config, logger }: AttachOptions<Config>) => {
    const { AUTH_JWKS_URL: jwksUrl, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = config;
    if (!jwksUrl || !issuer || !audience) return undefined;
    const tokens = createTokens({ jwksUrl, issuer, audience, logger });
    const use: TokenVerifier = tokens;
    return { use, check: tokens.ping, isRequired: false, close: tokens.close };
  },
} satisfies BackingServices<Config>;

/** What features get. */
export type Services = Attached<typeof backingServices> & ProcessServices & { config: Config };
