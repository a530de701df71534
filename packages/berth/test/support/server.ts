// The web process of the tests' own service.
import { asServer, startProcess, type TestServer } from "../../src/testing/process";
import { WEB } from "./built";

/** Starts the process on a free port; resolves once it listens. */
export const startServer = (
  env: Record<string, string>,
  args: string[] = [],
  directory?: string,
): Promise<TestServer> => asServer(startProcess(WEB, { PORT: "0", ...env }, args, directory));
