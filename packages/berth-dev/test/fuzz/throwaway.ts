// A service for tests of the fuzzer: routes that a test describes, and breaks.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Router } from "express";
import { apiDocs } from "berth/api";
import { createTestApp } from "berth/testing";
import { fuzz, type FuzzOptions } from "../../src/fuzz/fuzz";
import type { Finding, Tried } from "../../src/fuzz/trial";

/** Starts routes on a free port, drives them, and ends. */
export async function fuzzRoutes(
  define: (router: Router) => void,
  options: Partial<FuzzOptions> = {},
): Promise<Tried[]> {
  const { app } = createTestApp(
    (router) => {
      router.use(apiDocs({ title: "throwaway", version: "1.0.0" }));
      define(router);
    },
    { bodyLimitBytes: 102_400 },
  );
  // No idle connection is closed just when a busy machine takes it up again.
  const server = createServer({ keepAliveTimeout: 0 }, app);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  try {
    const url = `http://127.0.0.1:${port}`;
    return await fuzz({ url, runs: 100, seed: 1, timeoutMs: 60_000, ...options });
  } finally {
    server.close().closeAllConnections();
  }
}

/** What is found, without the answers. */
export const foundIn = (tried: readonly Tried[]): Omit<Finding, "answer">[] =>
  tried.flatMap(({ findings }) => findings).map(({ answer: _answer, ...finding }) => finding);
