// Starts the built service for the fuzzer alone: with a database in memory, and an issuer whose tokens it believes.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { berth } from "../cli-path";
import { declaredVariables, ownEnvironment } from "../contract/own-environment";
import { createCrew, type Crew } from "./crew";

const dist = (file: string): string[] => [process.execPath, resolve("dist", file)];

/** A service, and tokens for it. */
export interface OwnService {
  url: string;
  token(this: void, scopes: readonly string[]): Promise<string>;
  /** What was thrown in a request, as its log has it. */
  errorOf(this: void, requestId: string): string | undefined;
  /** Ends all that was started. */
  stop(): Promise<void>;
}

/**
 * Starts it.
 * @throws Error with what a process has said that ended instead.
 */
export async function startOwnService(): Promise<OwnService> {
  if (!existsSync(resolve("dist/server.js")))
    throw new Error("dist/ is missing: npm run build first");
  const crew = createCrew();
  try {
    const [database, issuerUrl] = await Promise.all([
      declaredVariables().includes("DATABASE_URL") ? startDatabase(crew) : {},
      crew.until(/ready on (http:\/\/[^\s:]+:\d+)/, berth("issuer"), { PORT: "0" }),
    ]);
    const port = await crew.until(/"port":(\d+).*is listening/, dist("server.js"), {
      ...ownEnvironment(),
      ...database,
      ...believing(issuerUrl),
      PORT: "0",
      REFUSE_UNFIT_ANSWERS: "true",
    });
    return {
      url: `http://127.0.0.1:${port}`,
      token: (scopes) => tokenFrom(issuerUrl, scopes),
      errorOf: crew.errorOf,
      stop: () => crew.stop(),
    };
  } catch (err) {
    await crew.stop();
    throw err;
  }
}

/** A migrated one. */
async function startDatabase(crew: Crew): Promise<{ DATABASE_URL: string }> {
  const env = { PORT: "0", DATA_DIR: "memory://" };
  const DATABASE_URL = await crew.until(/ready on (postgres:\S+)/, berth("postgres"), env);
  await crew.toEnd(dist("migrate.js"), { DATABASE_URL });
  return { DATABASE_URL };
}

/** Has the service believe this issuer's tokens. */
export const believing = (issuerUrl: string) => ({
  AUTH_JWKS_URL: `${issuerUrl}/jwks.json`,
  AUTH_ISSUER: issuerUrl,
  AUTH_AUDIENCE: "development",
});

/** A token of the development issuer that counts for a day. */
export async function tokenFrom(issuerUrl: string, scopes: readonly string[]): Promise<string> {
  const scope = scopes.length > 0 ? `&scope=${encodeURIComponent(scopes.join(" "))}` : "";
  return (await (await fetch(`${issuerUrl}/token?expires_in=86400${scope}`)).text()).trim();
}
