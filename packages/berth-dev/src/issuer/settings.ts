// The environment variables of the development issuer.
import type { IssuerSettings } from "./issuer";

/**
 * Reads `PORT` (0-65535, 0 is any free port; 5200), and what the service reads: `AUTH_AUDIENCE` (development) and
 * `AUTH_ISSUER`.
 * @throws Error when the port is none.
 */
export function readSettings(env: NodeJS.ProcessEnv): IssuerSettings {
  const { PORT: port = "5200", AUTH_AUDIENCE, AUTH_ISSUER } = env;
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) {
    throw new Error(`PORT must be a whole number from 0 to 65535, not "${port}"`);
  }
  return {
    port: Number(port),
    audience: AUTH_AUDIENCE || "development",
    expectedIssuer: AUTH_ISSUER || undefined,
  };
}
