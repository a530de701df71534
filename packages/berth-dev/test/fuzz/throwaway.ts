// Runs the fuzzer on routes that a test describes, and breaks.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Router } from "express";
import { apiDocs } from "berth/api";
import { createTestApp } from "berth/testing";
import { fuzz } from "../../src/fuzz/fuzz";
import type { FuzzOptions } from "../../src/fuzz/options";
import type { Finding, OperationResult } from "../../src/fuzz/trial";

/** The number of valid inputs to each route. */
export const RUNS = 30;

/** Serves the routes on a free port, and fuzzes them. */
export async function fuzzRoutes(
  define: (router: Router) => void,
  options: Partial<FuzzOptions> = {},
): Promise<OperationResult[]> {
  const { app } = createTestApp(
    (router) => {
      router.use(apiDocs({ title: "throwaway", version: "1.0.0" }));
      define(router);
    },
    { bodyLimitBytes: 102_400 },
  );
  // Never closes an idle connection just when the fuzzer reuses it.
  const server = createServer({ keepAliveTimeout: 0 }, app);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  try {
    const url = `http://127.0.0.1:${port}`;
    return await fuzz({ url, runs: RUNS, seed: 1, timeoutMs: 60_000, ...options });
  } finally {
    server.close().closeAllConnections();
  }
}

/** The findings, without the responses. */
export const foundIn = (tried: readonly OperationResult[]): Omit<Finding, "response">[] =>
  tried.flatMap(({ findings }) => findings).map(({ response: _response, ...finding }) => finding);
