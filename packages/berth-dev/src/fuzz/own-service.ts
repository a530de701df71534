// Starts the built service for the fuzzer, with a database in memory and an issuer of tokens.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { berth } from "../cli-path";
import { declaredVariables, ownEnvironment } from "../contract/own-environment";
import { createProcesses, type Processes } from "./processes";

const dist = (file: string): string[] => [process.execPath, resolve("dist", file)];

/** A running service, and tokens for it. */
export interface OwnService {
  url: string;
  token(this: void, scopes: readonly string[]): Promise<string>;
  /** The stack of a request's error, from the log. */
  errorOf(this: void, requestId: string): string | undefined;
  /** Stops everything that was started. */
  stop(): Promise<void>;
}

/**
 * Starts the service, its database and its issuer.
 * @throws Error with the output of a process that exited instead.
 */
export async function startOwnService(): Promise<OwnService> {
  if (!existsSync(resolve("dist/server.js")))
    throw new Error("dist/ is missing: run npm run build first");
  const processes = createProcesses();
  try {
    const [database, issuerUrl] = await Promise.all([
      declaredVariables().includes("DATABASE_URL") ? startDatabase(processes) : {},
      processes.startUntil(/ready on (http:\/\/[^\s:]+:\d+)/, berth("issuer"), { PORT: "0" }),
    ]);
    const port = await processes.startUntil(/"port":(\d+).*is listening/, dist("server.js"), {
      ...ownEnvironment(),
      ...database,
      ...trustIssuer(issuerUrl),
      PORT: "0",
      REFUSE_MISMATCHED_RESPONSES: "true",
    });
    return {
      url: `http://127.0.0.1:${port}`,
      token: (scopes) => tokenFrom(issuerUrl, scopes),
      errorOf: processes.errorOf,
      stop: () => processes.stop(),
    };
  } catch (err) {
    await processes.stop();
    throw err;
  }
}

/** Starts a database and migrates it. */
async function startDatabase(processes: Processes): Promise<{ DATABASE_URL: string }> {
  const env = { PORT: "0", DATA_DIR: "memory://" };
  const DATABASE_URL = await processes.startUntil(
    /ready on (postgres:\S+)/,
    berth("postgres"),
    env,
  );
  await processes.run(dist("migrate.js"), { DATABASE_URL });
  return { DATABASE_URL };
}

/** The variables with which a service accepts this issuer's tokens. */
export const trustIssuer = (issuerUrl: string) => ({
  AUTH_JWKS_URL: `${issuerUrl}/jwks.json`,
  AUTH_ISSUER: issuerUrl,
  AUTH_AUDIENCE: "development",
});

/** Gets a token of the development issuer that is valid for a day. */
export async function tokenFrom(issuerUrl: string, scopes: readonly string[]): Promise<string> {
  const scope = scopes.length > 0 ? `&scope=${encodeURIComponent(scopes.join(" "))}` : "";
  return (await (await fetch(`${issuerUrl}/token?expires_in=86400${scope}`)).text()).trim();
}
