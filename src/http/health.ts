// Tells a platform whether the process runs, and whether it may get traffic.
import { Router } from "express";
import { Problem } from "./problem";

/** Resolves when what it looks at can be used, rejects when not. */
export type ReadinessCheck = () => Promise<unknown>;

/** What readiness depends on. */
export interface HealthOptions {
  /** Aborted when the process is about to end. */
  draining: AbortSignal;
  /** By the name that the answer uses, such as `database`. */
  checks: Readonly<Record<string, ReadinessCheck>>;
  /** How long one check may take, in milliseconds. */
  checkTimeoutMs?: number;
}

/** A cached answer would speak of the past. */
const NO_STORE = { "Cache-Control": "no-store" };

/**
 * Serves `/livez`, which asks nothing of other services, and `/readyz`, which runs every check.
 * @see https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
 */
export function health({ draining, checks, checkTimeoutMs = 1000 }: HealthOptions): Router {
  const router = Router();
  router.get("/livez", (_req, res) => {
    res.set(NO_STORE).json({ status: "ok" });
  });
  router.get("/readyz", async (_req, res) => {
    res.set(NO_STORE);
    if (draining.aborted) throw new Problem(503, "The service is draining.", {}, NO_STORE);
    const results = await runChecks(checks, checkTimeoutMs);
    const isReady = Object.values(results).every((result) => result === "ok");
    if (!isReady) throw new Problem(503, "A check failed.", { checks: results }, NO_STORE);
    res.json({ status: "ok", checks: results });
  });
  return router;
}

type Result = "ok" | "failed";

async function runChecks(checks: HealthOptions["checks"], timeoutMs: number) {
  const results = Object.entries(checks).map(async ([name, check]) => [
    name,
    await runCheck(check, timeoutMs),
  ]);
  return Object.fromEntries(await Promise.all(results)) as Record<string, Result>;
}

async function runCheck(check: ReadinessCheck, timeoutMs: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Result>((resolve) => {
    timer = setTimeout(() => resolve("failed"), timeoutMs);
  });
  try {
    return await Promise.race([check().then((): Result => "ok"), late]);
  } catch {
    return "failed";
  } finally {
    clearTimeout(timer);
  }
}
