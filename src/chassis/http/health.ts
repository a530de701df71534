// Tells a platform whether the process runs, and whether it may get traffic.
import type { RequestHandler } from "express";
import type { Logger } from "pino";
import { within } from "../process/within";
import { sendProblem } from "./problem";

/** Something without which the process may not be able to serve. */
export interface ReadinessCheck {
  /** Resolves when it can be used, rejects when not. */
  check: () => Promise<unknown>;
  /** Whether the process is not ready without it; an optional one is only reported. */
  isRequired: boolean;
}

/** What readiness depends on. */
export interface ReadinessOptions {
  /** Aborted when the process is about to end. */
  draining: AbortSignal;
  /** By the name that the answer uses, such as `database`. */
  attached: Readonly<Record<string, ReadinessCheck>>;
  /** Told why a check failed; the client is only told which. */
  logger: Logger;
  /** How long one check may take, in milliseconds. */
  checkTimeoutMs?: number;
}

/** A cached answer would speak of the past. */
const NO_STORE = { "Cache-Control": "no-store" };

/** Answers that the process runs; asks nothing of other services. */
export const livez: RequestHandler = (_req, res) => {
  res.set(NO_STORE).json({ status: "ok" });
};

/**
 * Answers whether every required check passes and the process is not about to end.
 * @see https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
 */
export function readyz(options: ReadinessOptions): RequestHandler {
  const { draining } = options;
  return async (req, res) => {
    res.set(NO_STORE);
    if (draining.aborted) {
      return sendProblem(req, res, 503, { detail: "The service is draining." }, NO_STORE);
    }
    const results = await runChecks(options);
    const isUnready = Object.entries(options.attached).some(
      ([name, { isRequired }]) => isRequired && results[name] === "failed",
    );
    if (isUnready) {
      const members = { detail: "A check failed.", checks: results };
      return sendProblem(req, res, 503, members, NO_STORE);
    }
    res.json({ status: "ok", checks: results });
  };
}

type Result = "ok" | "failed";

async function runChecks({ attached, logger, checkTimeoutMs = 1000 }: ReadinessOptions) {
  const results = Object.entries(attached).map(async ([name, { check }]) => {
    try {
      if (!(await within(checkTimeoutMs, check()))) {
        throw new Error(`no answer within ${checkTimeoutMs} ms`);
      }
      return [name, "ok"];
    } catch (err) {
      logger.warn({ err, check: name }, "a readiness check failed");
      return [name, "failed"];
    }
  });
  return Object.fromEntries(await Promise.all(results)) as Record<string, Result>;
}
