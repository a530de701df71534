// What every process does that binds a port: the entry, with a life cycle, and the place where to listen.
import type { Logger } from "pino";
import type { BindTarget } from "../port/bind";
import { readBindTarget } from "../port/socket-activation";
import { enter } from "./entry";
import type { ConfigOf } from "./environment";
import { createLifecycle, type Lifecycle } from "./lifecycle";
import { parentGone } from "./parent-shell";
import type { LoggingOptions } from "./logger";
import type { httpVariables } from "./variables";

/** What a process reads that binds a port, whatever it speaks there. */
export type PortVariables = Pick<
  typeof httpVariables,
  "LOG_LEVEL" | "PORT" | "HOST" | "REUSE_PORT" | "DRAIN_DELAY_MS" | "SHUTDOWN_TIMEOUT_MS"
>;

/** What a process is composed with. */
export interface Serving<Config> extends Pick<Lifecycle, "draining" | "run"> {
  config: Config;
  logger: Logger;
  /** `PORT`, or the socket that systemd has passed. */
  target: BindTarget;
}

/**
 * Runs a process that serves, as `enter` does.
 * @param main Composes it, and ends with `run`, which binds, serves until it is told to stop, and drains.
 * @param logging Changes every log line.
 */
export const serve = <V extends PortVariables>(
  variables: V,
  main: (process: Serving<ConfigOf<V>>) => Promise<number>,
  logging?: LoggingOptions,
): Promise<void> => {
  const compose = (config: ConfigOf<V>, logger: Logger): Promise<number> => {
    const { draining, run } = createLifecycle({
      process,
      logger,
      orphaned: parentGone(process),
      drainDelayMs: config.DRAIN_DELAY_MS,
      shutdownTimeoutMs: config.SHUTDOWN_TIMEOUT_MS,
    });
    const target = readBindTarget(config, process.env, process.pid);
    return main({ config, logger, target, draining, run });
  };
  return enter(variables, compose, logging);
};
