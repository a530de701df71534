// An app whose process is observed, and what it says of itself.
import type { Router } from "express";
import request from "supertest";
import { readEnvironment } from "berth/config";
import { createTestApp, createTestLogger } from "berth/testing";
import { mountMetrics } from "../../src";
import { observe } from "../../src/process";
import { telemetryVariables } from "../../src/variables";

export const TOKEN = "test-token-0123456789";

const ends: (() => Promise<void>)[] = [];

/** Ends what was observed; for `afterEach`. */
export async function endObserving(): Promise<void> {
  for (const end of ends.splice(0)) await end();
}

/** Observes this process, and builds an app with these routes. */
export async function observedApp(
  define: (router: Router) => void = () => undefined,
  env: Readonly<Record<string, string>> = { METRICS_TOKEN: TOKEN },
) {
  const { logger, log } = createTestLogger();
  ends.push(
    await observe({
      config: readEnvironment(telemetryVariables, env),
      logger,
      about: { name: "test", version: "1.2.3" },
      role: "single",
    }),
  );
  const { app } = createTestApp((router) => {
    mountMetrics(router);
    define(router);
  });
  /** The lines of a metric. */
  const metric = async (name: string): Promise<string[]> => {
    const { text } = await request(app).get("/metrics").auth(TOKEN, { type: "bearer" }).expect(200);
    return text.split("\n").filter((line) => line.startsWith(name));
  };
  return { app, log, metric };
}
