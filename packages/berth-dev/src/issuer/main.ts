// The issuer process of the development formation: hands out tokens that the service beside it believes, and nobody else.
import { startIssuer, usage } from "./issuer";
import { readSettings } from "./settings";

async function start(): Promise<void> {
  const settings = readSettings(process.env);
  const url = await startIssuer(settings);
  console.log(`development issuer ready on ${url}: ${usage(url).trimEnd()}`);
  if (settings.expectedIssuer !== undefined) return;
  console.log(
    `the service believes it with these lines in .env:\nAUTH_JWKS_URL=${url}/jwks.json\nAUTH_ISSUER=${url}\nAUTH_AUDIENCE=${settings.audience}`,
  );
}

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  process.on(signal, () => process.exit(0));
}

start().catch((err: Error) => {
  console.error(`development issuer: ${err.message}`);
  process.exit(1);
});
