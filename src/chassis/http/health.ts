// Tells a platform whether the process runs, and whether it may get traffic.
import type { RequestHandler } from "express";
import { REPLACED } from "../process/lifecycle";
import { checkReadiness, type ReadinessOptions } from "../process/readiness";
import { sendProblem } from "./problem";

/** What readiness depends on. */
export interface HealthOptions extends ReadinessOptions {
  /** Aborted when the process is about to end. */
  draining: AbortSignal;
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
export function readyz(options: HealthOptions): RequestHandler {
  const { draining } = options;
  return async (req, res) => {
    res.set(NO_STORE);
    if (draining.aborted && draining.reason !== REPLACED) {
      return sendProblem(req, res, 503, { detail: "The service is draining." }, NO_STORE);
    }
    const { isReady, checks } = await checkReadiness(options);
    if (isReady) res.json({ status: "ok", checks });
    else sendProblem(req, res, 503, { detail: "A check failed.", checks }, NO_STORE);
  };
}
