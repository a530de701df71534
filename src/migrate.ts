// The release process: brings the database's schema up to date, and exits.
import { extname } from "node:path";
import { migrate } from "./backing/migrations";
import { enter } from "./entry";

const START_TIMEOUT_MS = 30_000;

void enter(async ({ DATABASE_URL }, logger) => {
  // Compiled, the migrations are JavaScript like this file; in development both are TypeScript.
  const files = `features/*/migrations/*${extname(__filename)}`;
  // Relative, as a glob would take some folders' names for patterns.
  process.chdir(__dirname);
  await migrate({ url: DATABASE_URL, files, logger, startTimeoutMs: START_TIMEOUT_MS });
  return 0;
});
