// The release process of this package's own tests, with migrations of its own.
import "berth/early";
import { postgresVariables, processVariables } from "berth/config";
import { migrate } from "berth/migrate";
import { runOnce } from "berth/process";

const START_TIMEOUT_MS = 30_000;
const variables = { ...processVariables, DATABASE_URL: postgresVariables.DATABASE_URL };

void runOnce(
  variables,
  ({ config: { DATABASE_URL }, logger }) => {
    const files = "features/*/migrations/*.js";
    // Relative, as a glob would take some folders' names for patterns.
    process.chdir(__dirname);
    return migrate({ url: DATABASE_URL, files, logger, startTimeoutMs: START_TIMEOUT_MS });
  },
  // With the connection, by the server.
  "what is not committed is rolled back",
);
