// Settings for the program under test; the defaults fit a Berth service.
import type { Command } from "./command";
import type { Platform } from "./platforms";

/** How to run and observe the program under test. */
export interface Settings {
  readonly command: Command;
  /** Environment variables in addition to the kit's own; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly platform: Platform;
  /** A path that responds to GET; the HTTP probe requests it. */
  readonly path: string;
  /** A path that responds to GET after a second or more; without it some clauses are skipped. */
  readonly slowPath?: string;
  /** A path that accepts a POST of `body`; without it some clauses are skipped. */
  readonly bodyPath?: string;
  readonly body: string;
  readonly livePath: string;
  readonly readyPath: string;
  /** The program that calls the one under test; by default another run of the same program. */
  readonly attached?: Command;
  /** A path of the attached program whose response needs the service at the URL in `upstreamEnv`. */
  readonly upstreamPath?: string;
  /** Names of the program's own environment variables. */
  readonly drainDelayEnv: string;
  readonly shutdownTimeoutEnv: string;
  readonly trustProxyEnv: string;
  readonly reusePortEnv: string;
  readonly upstreamEnv?: string;
  /** Also run checks that take minutes. */
  readonly slow: boolean;
}

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
