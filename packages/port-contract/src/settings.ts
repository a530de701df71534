// What the kit is told about the program under test; every setting has a default that fits a service of Berth's.
import type { Command } from "./command";
import type { Platform } from "./platforms";

/** How to look at the program under test. */
export interface Settings {
  readonly command: Command;
  /** What it needs to find in its environment, besides that of the kit; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly platform: Platform;
  /** A path that GET answers; the HTTP probe asks for it. */
  readonly path: string;
  /** A path that GET answers after a second or more; without it some clauses are skipped. */
  readonly slowPath?: string;
  /** A path to which `body` can be POSTed; without it some clauses are skipped. */
  readonly bodyPath?: string;
  readonly body: string;
  readonly livePath: string;
  readonly readyPath: string;
  /** The program that is attached to the one under test; by default that is itself. */
  readonly attached?: Command;
  /** A path of the attached program whose answer needs the service that `upstreamEnv` points to. */
  readonly upstreamPath?: string;
  /** Names of the program's own environment variables. */
  readonly drainDelayEnv: string;
  readonly shutdownTimeoutEnv: string;
  readonly trustProxyEnv: string;
  readonly reusePortEnv: string;
  readonly upstreamEnv?: string;
  /** Check what takes minutes, too. */
  readonly slow: boolean;
}

/** What is assumed of a program about which nothing is said. */
export const defaultSettings = {
  path: "/",
  body: "{}",
  livePath: "/livez",
  readyPath: "/readyz",
  drainDelayEnv: "DRAIN_DELAY_MS",
  shutdownTimeoutEnv: "SHUTDOWN_TIMEOUT_MS",
  trustProxyEnv: "TRUST_PROXY",
  reusePortEnv: "REUSE_PORT",
} satisfies Partial<Settings>;
