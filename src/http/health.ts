// Tells a platform whether the process runs, and whether it may get traffic.
import type { RequestHandler } from "express";
import type { Logger } from "pino";
import { sendProblem } from "./problem";

/** Resolves when what it looks at can be used, rejects when not. */
export type ReadinessCheck = () => Promise<unknown>;

/** What readiness depends on. */
export interface ReadinessOptions {
  /** Aborted when the process is about to end. */
  draining: AbortSignal;
  /** By the name that the answer uses, such as `database`. */
  checks: Readonly<Record<string, ReadinessCheck>>;
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
 * Answers whether every check passes and the process is not about to end.
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
    if (Object.values(results).includes("failed")) {
      const members = { detail: "A check failed.", checks: results };
      return sendProblem(req, res, 503, members, NO_STORE);
    }
    res.json({ status: "ok", checks: results });
  };
}

type Result = "ok" | "failed";

async function runChecks({ checks, logger, checkTimeoutMs = 1000 }: ReadinessOptions) {
  const results = Object.entries(checks).map(async ([name, check]) => {
    try {
      await inTime(check, checkTimeoutMs);
      return [name, "ok"];
    } catch (err) {
      logger.warn({ err, check: name }, "a readiness check failed");
      return [name, "failed"];
    }
  });
  return Object.fromEntries(await Promise.all(results)) as Record<string, Result>;
}

async function inTime(check: ReadinessCheck, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([check(), late]);
  } finally {
    clearTimeout(timer);
  }
}
