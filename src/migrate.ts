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
    // Compiled, the migrations are JavaScript like this file; in development both are TypeScript.
    const files = `features/*/migrations/*${extname(__filename)}`;
    // Relative, as a glob would take some folders' names for patterns.
    process.chdir(__dirname);
    return migrate({ url: DATABASE_URL, files, logger, startTimeoutMs: START_TIMEOUT_MS });
  },
  // With the connection, by the server.
  "what is not committed is rolled back",
);
