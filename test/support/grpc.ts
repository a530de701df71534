// Your gRPC process, built and running; it ends with the test file.
import { asServer, startProcess, type TestServer } from "../chassis/support/process";
import { atEnd } from "./at-end";
import { testEnv } from "./env";

/** Starts it on a free port, and resolves once it listens. */
export async function startGrpcService(env: Record<string, string> = {}): Promise<TestServer> {
  const service = startProcess("dist/grpc.js", { PORT: "0", ...testEnv, ...env });
  atEnd(() => service.stop());
  return asServer(service);
}
