// The release process: brings the database's schema up to date, and exits.
import "berth/early";
import { extname } from "node:path";
import { migrate } from "berth/migrate";
import { runOnce } from "berth/process";
import { releaseVariables } from "./config";

const START_TIMEOUT_MS = 30_000;

void runOnce(
  releaseVariables,
  ({ config: { DATABASE_URL }, logger }) => {
    // Like this file, migrations are JavaScript after the build, and TypeScript in development.
    const files = `features/*/migrations/*${extname(__filename)}`;
    // A relative glob: in an absolute one, some folders' names would be patterns.
    process.chdir(__dirname);
    return migrate({ url: DATABASE_URL, files, logger, startTimeoutMs: START_TIMEOUT_MS });
  },
  // The server rolls back when the connection ends.
  "what is not committed is rolled back",
);
