// An HTTP server that issues JWTs for development to any local client, signed with a key that is generated at each start.
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SignJWT } from "jose";

export interface IssuerSettings {
  /** 0 is any free port. */
  port: number;
  /** The `aud` of its tokens. */
  audience: string;
  /** The issuer that the service trusts, if one is configured. */
  expectedIssuer: string | undefined;
}

/** The default lifetime of a token, in seconds. */
const EXPIRES_IN_S = 3600;

/**
 * Starts an issuer.
 * @returns Its URL, which is the `iss` of its tokens.
 * @throws Error when the service trusts another issuer, or the port is in use.
 */
export async function startIssuer(settings: IssuerSettings): Promise<string> {
  const { port, audience, expectedIssuer } = settings;
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const kid = randomUUID();
  const keys = [{ ...publicKey.export({ format: "jwk" }), kid, alg: "ES256", use: "sig" }];

  const server = createServer((req, res) => {
    // DNS rebinding: a page in the developer's browser could reach this by a host name that resolves to 127.0.0.1.
    if (!isLocal(req.headers.host)) {
      const text = `This issuer is ${url}: it rejects requests with another Host.\n`;
      return void res.writeHead(421, { "Content-Type": "text/plain; charset=utf-8" }).end(text);
    }
    const { pathname, searchParams } = new URL(`http://localhost${req.url}`);
    if (pathname === "/jwks.json") {
      return void res.setHeader("Content-Type", "application/json").end(JSON.stringify({ keys }));
    }
    res.setHeader("Content-Type", "text/plain; charset=utf-8");
    if (pathname !== "/token") return void res.writeHead(404).end(howToGetToken(url));
    const { expires_in: text = String(EXPIRES_IN_S), ...claims } = claimsOf(searchParams);
    if (typeof text !== "string" || !/^-?\d{1,9}$/.test(text)) {
      return void res.writeHead(400).end("expires_in must be a whole number of seconds\n");
    }
    const now = Math.floor(Date.now() / 1000);
    const exp = now + Number(text);
    void new SignJWT({ iss: url, aud: audience, sub: "developer", iat: now, exp, ...claims })
      .setProtectedHeader({ alg: "ES256", kid, typ: "JWT" })
      .sign(privateKey)
      .then((token) => res.end(`${token}\n`));
  });
  // Loopback only: every client that reaches it gets any token.
  await once(server.listen(port, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  if (expectedIssuer !== undefined && expectedIssuer !== url) {
    server.close();
    throw new Error(
      `AUTH_ISSUER is ${expectedIssuer}, but this issuer is ${url}: set it to that, or do not start this process`,
    );
  }
  return url;
}

/** Whether the host means this machine. The port may be that of a port forwarding. */
const isLocal = (host = ""): boolean => /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host);

/** Each parameter is a claim; a repeated one is a list. */
const claimsOf = (params: URLSearchParams): Record<string, string | string[]> =>
  Object.fromEntries(
    [...new Set(params.keys())].map((name) => {
      const values = params.getAll(name);
      return [name, values.length > 1 ? values : (values[0] ?? "")];
    }),
  );

/** A curl command that gets a token. */
export const howToGetToken = (url: string): string =>
  `curl -s '${url}/token?sub=ann&scope=orders:read&expires_in=60' prints a token; each parameter is a claim\n`;
