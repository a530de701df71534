// The release process: brings the database's schema up to date, and exits.
import { extname, join } from "node:path";
import { migrate } from "./backing/migrations";
import { enter } from "./entry";

const START_TIMEOUT_MS = 30_000;

void enter(async ({ DATABASE_URL }, logger) => {
  // Compiled, the migrations are JavaScript like this file; in development both are TypeScript.
  const files = join(__dirname, `features/*/migrations/*${extname(__filename)}`);
  await migrate({ url: DATABASE_URL, files, logger, startTimeoutMs: START_TIMEOUT_MS });
  return 0;
});
