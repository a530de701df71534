// Your service, built and running, with a migrated database of its own; both end with the test file.
import { asServer, atEnd, startProcess, startTestPostgres, type TestPostgres, type TestProcess, type TestServer } from "berth/testing";
import { testEnv } from "./env";

/** Starts a database and applies the migrations with the built release process. */
export async function startMigratedPostgres(): Promise<TestPostgres> {
  const postgres = await startTestPostgres();
  atEnd(() => postgres.stop());
  const release = startProcess("dist/migrate.js", { DATABASE_URL: postgres.url });
  if ((await release.exit) !== 0) throw new Error(reasonOf(release));
  return postgres;
}

/** What the process died of, as a person reads it. */
function reasonOf({ lines, stderr }: TestProcess): string {
  const fatal = lines.find((line) => line.startsWith('{"level":"fatal"'));
  if (fatal === undefined) return [...lines, stderr()].join("\n");
  return (JSON.parse(fatal) as { err: { stack: string } }).err.stack;
}

/** Starts the built web process on a free port, and resolves once it listens. */
export async function startService(env: Record<string, string> = {}): Promise<TestServer> {
  const service = startProcess("dist/server.js", { PORT: "0", ...testEnv, ...env });
  atEnd(() => service.stop());
  return asServer(service);
}
