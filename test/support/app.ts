// Your app, unbound, with the services that the environment names, and its log.
import type { Express } from "express";
import { readEnvironment } from "berth/config";
import { atEnd, createTestLogger, type LogLine } from "berth/testing";
import { createApp } from "../../src/app";
import { webVariables } from "../../src/config";
import { mountRoutes } from "../../src/routes";
import { createServices, type Services } from "../../src/services";
import { testEnv } from "./env";

/** An app that is not bound to a port, and what tests need from it. */
export interface TestApp {
  app: Express;
  services: Services;
  log: LogLine[];
}

/**
 * Builds the app; its services are detached when the test file ends.
 * @param env Variables that differ from the tests' environment, such as `DATABASE_URL`.
 * @param overrides Services that a test provides itself.
 */
export function createTestApp(
  env: Readonly<Record<string, string>> = {},
  overrides: Partial<Services> = {},
): TestApp {
  const { logger, log } = createTestLogger();
  const config = readEnvironment(webVariables, { ...testEnv, ...env });
  const { attached, services: own } = createServices({
    config,
    logger,
    about: { name: "test", version: "1.2.3" },
    draining: new AbortController().signal,
  });
  const services: Services = { ...own, ...overrides };
  const app = createApp({
    config,
    logger,
    draining: services.draining,
    attached,
    mountRoutes: (to) => mountRoutes(to, services),
  });
  atEnd(() => Promise.all(Object.values(attached).map((service) => service.close())));
  return { app, services, log };
}
