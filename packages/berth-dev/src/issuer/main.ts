// `berth issuer`: issues tokens for the service beside it, in development.
import { parseCommandLine, parseWholeNumber } from "port-contract/args";
import { howToGetToken, type IssuerSettings, startIssuer } from "./issuer";

const usage = `Usage: berth issuer

Issues tokens to any client on this machine, signed with a key that is generated at each start.

  --help    show this

Environment variables:
  PORT           the port on 127.0.0.1 (default: 5200; 0: any free port)
  AUTH_AUDIENCE  the aud of its tokens (default: development)
  AUTH_ISSUER    the issuer that the service trusts: it must be this one's URL (default: not checked)`;

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

async function start(args: readonly string[]): Promise<void> {
  const options = { help: { type: "boolean", short: "h" } } as const;
  if (parseCommandLine(args, options, { allowPositionals: false }).values.help)
    return console.log(usage);
  const settings = readSettings(process.env);
  const url = await startIssuer(settings);
  console.log(`development issuer ready on ${url}: ${howToGetToken(url).trimEnd()}`);
  if (settings.expectedIssuer !== undefined) return;
  console.log(
    `the service accepts its tokens with these lines in .env:\nAUTH_JWKS_URL=${url}/jwks.json\nAUTH_ISSUER=${url}\nAUTH_AUDIENCE=${settings.audience}`,
  );
}

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  process.on(signal, () => process.exit(0));
}

start(process.argv.slice(2)).catch((err: Error) => {
  console.error(`development issuer: ${err.message}`);
  process.exit(1);
});
