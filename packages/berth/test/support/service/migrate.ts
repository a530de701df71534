// The release process of the chassis' own tests, in the order of `src/migrate.ts`, with migrations of its own.
import { parentShell } from "berth/early";
import { migrate } from "berth/migrate";
import { postgresVariables, processVariables } from "berth/config";
import { enter, interruptedExitCode, onStopRequest, parentGone } from "berth/process";

const START_TIMEOUT_MS = 30_000;

const variables = { ...processVariables, DATABASE_URL: postgresVariables.DATABASE_URL };

void enter(variables, async ({ DATABASE_URL }, logger) => {
  const stop = onStopRequest({
    process,
    logger,
    orphaned: parentGone(process, parentShell),
    consequence: "what is not committed is rolled back",
  });
  process.chdir(__dirname);
  const migrated = migrate({
    url: DATABASE_URL,
    files: "features/*/migrations/*.js",
    logger,
    startTimeoutMs: START_TIMEOUT_MS,
  });
  return Promise.race([migrated.then(() => 0), stop.requested.then(interruptedExitCode)]);
});
