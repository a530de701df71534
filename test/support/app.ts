// The unbound app with throwaway routes, and what it logs.
import type { Express, Router } from "express";
import express from "express";
import { type AppOptions, createApp } from "../../src/app";
import { createLogger } from "../../src/logger";
import type { Services } from "../../src/routes";

/** One parsed log line. */
export type LogLine = Record<string, unknown>;

/** A test's app, and its log so far. */
export interface TestApp {
  app: Express;
  log: LogLine[];
}

/** A logger that keeps its lines. */
export function createTestLogger(): { logger: AppOptions["logger"]; log: LogLine[] } {
  const log: LogLine[] = [];
  const write = (line: string): void => void log.push(JSON.parse(line) as LogLine);
  return { logger: createLogger("info", { write }), log };
}

/** Builds the app around routes that a test defines, mounted at `/`. */
export function createTestApp(
  define: (router: Router) => void = () => undefined,
  overrides: Partial<AppOptions> = {},
): TestApp {
  const { logger, log } = createTestLogger();
  const router = express.Router();
  define(router);
  const app = createApp({
    about: { name: "test", version: "1.2.3" },
    logger,
    bodyLimitBytes: 1024,
    trustProxy: 0,
    checks: {},
    services: testServices(),
    routes: { "/": () => router },
    ...overrides,
  });
  return { app, log };
}

/** What throwaway routes may use: no database, and a signal that is never aborted unless a test gives another. */
export const testServices = (overrides: Partial<Services> = {}): Services => ({
  database: undefined as never,
  draining: new AbortController().signal,
  ...overrides,
});

/** The members that every problem has, for a whole-body assertion. */
export const problem = (status: number, title: string, members: object = {}) => ({
  type: "about:blank",
  title,
  status,
  ...members,
  requestId: expect.any(String) as string,
});
