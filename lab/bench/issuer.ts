// Starts the development issuer, which issues the token for measured requests, on the load generator's core.
import { startRun } from "port-contract/harness";
import { freePort } from "port-contract/ports";
import { onCore } from "./cores";
import type { Workload } from "./workloads";

const ISSUER = [process.execPath, require.resolve("berth-dev/cli"), "issuer"] as const;
const START_LIMIT_MS = 20_000;

/** The lifetime of the token, in seconds: longer than any run. */
const EXPIRES_IN_S = 86_400;

/** Runs a workload with a token; the contenders get the issuer in their environment. @throws Error when it does not start */
export async function withIssuer<T>(
  work: Workload,
  use: (work: Workload) => Promise<T>,
): Promise<T> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const run = startRun(onCore("load", ISSUER), { port: new URL(url).port });
  try {
    const isReady = await run.output.shows((text) => text.includes("ready on"), START_LIMIT_MS);
    if (!isReady) throw new Error(`the issuer did not start; its output:\n${run.output.text()}`);
    const response = await fetch(`${url}/token?scope=bench&expires_in=${EXPIRES_IN_S}`);
    const token = (await response.text()).trim();
    return await use({
      ...work,
      env: {
        ...work.env,
        AUTH_JWKS_URL: `${url}/jwks.json`,
        AUTH_ISSUER: url,
        AUTH_AUDIENCE: "development",
      },
      headers: { ...work.headers, authorization: `Bearer ${token}` },
    });
  } finally {
    await run.reap();
  }
}
