// The routes that every service has: its name and version, and the health checks (liveness and readiness probes).
import type { RequestHandler } from "express";
import * as v from "valibot";
import type { About } from "../process/about";
import { REPLACED } from "../process/lifecycle";
import { checkReadiness, type ReadinessOptions } from "../process/readiness";
import { describes } from "../schema/description";
import { sendProblem } from "./send-problem";

/** Responds with the service's name and version. */
export function about({ name, version }: About): RequestHandler {
  return describes((_req, res) => void res.json({ name, version }), {
    summary: "Returns the service's name and version.",
    tag: "service",
    responses: { 200: v.object({ name: v.string(), version: v.string() }) },
  });
}

/** A cached response would be out of date. */
const NO_STORE = { "Cache-Control": "no-store" };

const status = v.literal("ok");
const checks = v.record(v.string(), v.picklist(["ok", "failed"]));

/** The liveness probe: responds that the process runs, without checking any other service. */
export const livez: RequestHandler = describes(
  (_req, res) => void res.set(NO_STORE).json({ status: "ok" }),
  {
    summary: "Liveness probe: the process runs.",
    tag: "service",
    responses: { 200: v.object({ status }) },
  },
);

/** What readiness depends on. */
export interface HealthOptions extends ReadinessOptions {
  /** Aborted when the process is about to end. */
  draining: AbortSignal;
}

/**
 * The readiness probe: responds whether every required check passes and the process is not draining.
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
    summary: "Readiness probe: the process can take requests.",
    tag: "service",
    responses: { 200: v.object({ status, checks }) },
    problems: {
      503: {
        when: "The process is draining, or a required check has failed: see `checks`.",
        members: { checks: v.optional(checks) },
      },
    },
  });
}
