// Tells a platform whether the process runs, and whether it may get traffic.
import type { RequestHandler } from "express";
import * as v from "valibot";
import { REPLACED } from "../process/lifecycle";
import { checkReadiness, type ReadinessOptions } from "../process/readiness";
import { describes } from "./description";
import { sendProblem } from "./problem";

/** What readiness depends on. */
export interface HealthOptions extends ReadinessOptions {
  /** Aborted when the process is about to end. */
  draining: AbortSignal;
}

/** A cached answer would speak of the past. */
const NO_STORE = { "Cache-Control": "no-store" };

const status = v.literal("ok");
const checks = v.record(v.string(), v.picklist(["ok", "failed"]));

/** Answers that the process runs; asks nothing of other services. */
export const livez: RequestHandler = describes(
  (_req, res) => void res.set(NO_STORE).json({ status: "ok" }),
  {
    summary: "Says that the process runs.",
    tag: "service",
    answers: { 200: v.object({ status }) },
  },
);

/**
 * Answers whether every required check passes and the process is not about to end.
 * @see https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
 */
export function readyz(options: HealthOptions): RequestHandler {
  const { draining } = options;
  const handler: RequestHandler = async (req, res) => {
    res.set(NO_STORE);
    if (draining.aborted && draining.reason !== REPLACED) {
      return sendProblem(req, res, 503, { detail: "The service is draining." }, NO_STORE);
    }
    const { isReady, checks } = await checkReadiness(options);
    if (isReady) res.json({ status: "ok", checks });
    else sendProblem(req, res, 503, { detail: "A check failed.", checks }, NO_STORE);
  };
  return describes(handler, {
    summary: "Says whether the process may get requests.",
    tag: "service",
    answers: { 200: v.object({ status, checks }) },
    problems: {
      503: {
        when: "It is about to end, or something that it needs cannot be used: `checks` says what.",
        members: { checks: v.optional(checks) },
      },
    },
  });
}
