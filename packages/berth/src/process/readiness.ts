// Runs readiness checks of backing services.
import type { Logger } from "pino";
import { within } from "./within";

/** The readiness check of a backing service. */
export interface ReadinessCheck {
  /** Resolves if the service can be used, rejects otherwise. */
  check: () => Promise<unknown>;
  /** Whether the process is not ready if the check fails; an optional check is only reported. */
  isRequired: boolean;
}

/** What to check, and where to log failures. */
export interface ReadinessOptions {
  /** The checks by the name that responses and log lines use, such as `database`. */
  attached: Readonly<Record<string, ReadinessCheck>>;
  logger: Logger;
  /** How long one check may take, in milliseconds; 1 s by default. */
  checkTimeoutMs?: number;
}

/** The results of the checks. */
export interface Readiness {
  isReady: boolean;
  checks: Readonly<Record<string, "ok" | "failed">>;
}

/** Runs all checks concurrently, and logs failures. */
export async function checkReadiness(options: ReadinessOptions): Promise<Readiness> {
  const { attached, logger, checkTimeoutMs = 1000 } = options;
  let isReady = true;
  const results = Object.entries(attached).map(async ([name, { check, isRequired }]) => {
    try {
      if (!(await within(checkTimeoutMs, check()))) {
        throw new Error(`no response within ${checkTimeoutMs} ms`);
      }
      return [name, "ok"] as const;
    } catch (err) {
      logger.warn({ err, check: name }, "a readiness check failed");
      isReady &&= !isRequired;
      return [name, "failed"] as const;
    }
  });
  const checks = Object.fromEntries(await Promise.all(results));
  return { isReady, checks };
}
