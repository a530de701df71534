// The services that features use: each backing service is attached here, in one line; add yours.
import type { Logger } from "pino";
import { attachServices, type BackingServices } from "berth/backing";
import { attachDatabase } from "berth/postgres";
import type { ProcessServices } from "berth/process";
import { attachRedis } from "berth/redis";
import { attachTokens } from "berth/tokens";
import type { Config } from "./config";

export const backingServices = {
  database: attachDatabase,
  redis: attachRedis, // part: limits
  tokens: attachTokens, // part: tokens
} satisfies BackingServices<Config>;

interface ServicesOptions extends ProcessServices {
  config: Config;
  logger: Logger;
}

/** Attaches the backing services, for the web process, for tests and for what describes the routes. */
export function createServices({ config, logger, about, draining }: ServicesOptions) {
  const { name } = about;
  const { attached, services: backing } = attachServices(backingServices, { config, logger, name });
  // Add a service that is built on others here, such as `stock: createStockFeed(backing.database)`.
  return { attached, services: { ...backing, config, about, draining } };
}

/** The services that each feature gets. */
export type Services = ReturnType<typeof createServices>["services"];
