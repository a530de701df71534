// Your service, built and running, with a migrated database of its own.
import { startTestPostgres, type TestPostgres } from "../chassis/support/postgres";
import { asServer, startProcess, type TestServer } from "../chassis/support/process";
import { testEnv } from "./env";

/** Starts a database and applies the migrations with the built release process. */
export async function startMigratedPostgres(): Promise<TestPostgres> {
  const postgres = await startTestPostgres();
  const release = startProcess("dist/migrate.js", { DATABASE_URL: postgres.url });
  if ((await release.exit) !== 0) {
    await postgres.stop();
    throw new Error(release.lines.join("\n") + release.stderr());
  }
  return postgres;
}

/** Starts the built web process on a free port, and resolves once it listens. */
export const startService = (env: Record<string, string> = {}): Promise<TestServer> =>
  asServer(startProcess("dist/server.js", { PORT: "0", ...testEnv, ...env }));
