// The release process: brings the database's schema up to date, and exits.
import { parentShell } from "berth/early";
import { extname } from "node:path";
import { migrate } from "berth/migrate";
import { enter, interruptedExitCode, onStopRequest, parentGone } from "berth/process";
import { releaseVariables } from "./config";

const START_TIMEOUT_MS = 30_000;

void enter(releaseVariables, async ({ DATABASE_URL }, logger) => {
  const stop = onStopRequest({
    process,
    logger,
    orphaned: parentGone(process, parentShell),
    // With the connection, by the server.
    consequence: "what is not committed is rolled back",
  });
  // Compiled, the migrations are JavaScript like this file; in development both are TypeScript.
  const files = `features/*/migrations/*${extname(__filename)}`;
  // Relative, as a glob would take some folders' names for patterns.
  process.chdir(__dirname);
  const migrated = migrate({ url: DATABASE_URL, files, logger, startTimeoutMs: START_TIMEOUT_MS });
  return Promise.race([migrated.then(() => 0), stop.requested.then(interruptedExitCode)]);
});
