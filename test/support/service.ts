// Starts your service; it stops with the test file.
import { asServer, atEnd, startSource, type TestServer } from "berth/testing";
import { testEnv } from "./env";

/** Starts the web process on a free port, and resolves once it listens. */
export async function startService(env: Record<string, string> = {}): Promise<TestServer> {
  const service = startSource("src/server.ts", { PORT: "0", ...testEnv, ...env });
  atEnd(() => service.stop());
  return asServer(service);
}
