// Whether what a process requires can be used.
import type { Logger } from "pino";
import { within } from "./within";

/** Something without which the process may not be able to serve. */
export interface ReadinessCheck {
  /** Resolves when it can be used, rejects when not. */
  check: () => Promise<unknown>;
  /** Whether the process is not ready without it; an optional one is only reported. */
  isRequired: boolean;
}

/** What is checked, and who is told of what failed. */
export interface ReadinessOptions {
  /** By the name that answers and log lines use, such as `database`. */
  attached: Readonly<Record<string, ReadinessCheck>>;
  logger: Logger;
  /** How long one check may take, in milliseconds; 1 s by default. */
  checkTimeoutMs?: number;
}

/** What came of the checks. */
export interface Readiness {
  isReady: boolean;
  checks: Readonly<Record<string, "ok" | "failed">>;
}

/** Runs every check, all at once, and logs why one failed. */
export async function checkReadiness(options: ReadinessOptions): Promise<Readiness> {
  const { attached, logger, checkTimeoutMs = 1000 } = options;
  let isReady = true;
  const results = Object.entries(attached).map(async ([name, { check, isRequired }]) => {
    try {
      if (!(await within(checkTimeoutMs, check()))) {
        throw new Error(`no answer within ${checkTimeoutMs} ms`);
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
