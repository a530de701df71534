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

/**
 * Serves `/livez`, which asks nothing of other services, and `/readyz`, which runs every check.
 * @see https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
 */
export function health({ draining, checks, checkTimeoutMs = 1000 }: HealthOptions): Router {
  const router = Router();
  router.get("/livez", (_req, res) => {
    res.set("Cache-Control", "no-store").json({ status: "ok" });
  });
  router.get("/readyz", async (_req, res) => {
    res.set("Cache-Control", "no-store");
    if (draining.aborted) throw new Problem(503, "The service is draining.");
    const names = Object.keys(checks);
    const passed = await Promise.all(
      Object.values(checks).map((check) => passes(check, checkTimeoutMs)),
    );
    const results = Object.fromEntries(names.map((name, i) => [name, passed[i] ? "ok" : "failed"]));
    if (passed.includes(false)) throw new Problem(503, "A check failed.", { checks: results });
    res.json({ status: "ok", checks: results });
  });
  return router;
}

function passes(check: ReadinessCheck, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), timeoutMs);
    check()
      .then(() => resolve(true))
      .catch(() => resolve(false))
      .finally(() => clearTimeout(timer));
  });
}
