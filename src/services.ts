// What features may use: each backing service once, with its check and its close.
import type { Attached, BackingServices } from "berth/backing";
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

/** What features get. */
export type Services = Attached<typeof backingServices> & ProcessServices & { config: Config };
