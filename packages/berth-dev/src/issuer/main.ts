// The issuer process of the development formation: issues tokens that only the service beside it accepts.
import { parseWholeNumber } from "port-contract/args";
import { type IssuerSettings, startIssuer, usage } from "./issuer";

/**
 * Reads `PORT` (0-65535, 0 is any free port; default 5200), and two variables of the service: `AUTH_AUDIENCE` (default
 * development) and `AUTH_ISSUER`.
 * @throws UsageError when the port is invalid.
 */
function readSettings({ PORT, AUTH_AUDIENCE, AUTH_ISSUER }: NodeJS.ProcessEnv): IssuerSettings {
  return {
    port: parseWholeNumber("PORT", PORT ?? "5200", { max: 65535 }),
    audience: AUTH_AUDIENCE || "development",
    expectedIssuer: AUTH_ISSUER || undefined,
  };
}

async function start(): Promise<void> {
  const settings = readSettings(process.env);
  const url = await startIssuer(settings);
  console.log(`development issuer ready on ${url}: ${usage(url).trimEnd()}`);
  if (settings.expectedIssuer !== undefined) return;
  console.log(
    `the service accepts its tokens with these lines in .env:\nAUTH_JWKS_URL=${url}/jwks.json\nAUTH_ISSUER=${url}\nAUTH_AUDIENCE=${settings.audience}`,
  );
}

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  process.on(signal, () => process.exit(0));
}

start().catch((err: Error) => {
  console.error(`development issuer: ${err.message}`);
  process.exit(1);
});
