// The release process of this package's tests, with migrations of its own.
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
    // Relative, because some folder names would be glob patterns.
    process.chdir(__dirname);
    return migrate({ url: DATABASE_URL, files, logger, startTimeoutMs: START_TIMEOUT_MS });
  },
  // The server does this when the connection closes.
  "what is not committed is rolled back",
);
