// Starts your built gRPC process; it stops with the test file.
import { asServer, atEnd, startSource, type TestServer } from "berth/testing";
import { testEnv } from "./env";

/** Starts it on a free port, and resolves once it listens. */
export async function startGrpcService(env: Record<string, string> = {}): Promise<TestServer> {
  const service = startSource("src/grpc.ts", { PORT: "0", ...testEnv, ...env });
  atEnd(() => service.stop());
  return asServer(service);
}
