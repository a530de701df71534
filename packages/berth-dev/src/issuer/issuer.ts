// Issues tokens to whoever asks, for development: with a key that is made at each start, and on this machine only.
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SignJWT } from "jose";

/** Where the issuer is, and for whom it issues. */
export interface IssuerSettings {
  /** 0 is any free port. */
  port: number;
  /** What tokens have as `aud`. */
  audience: string;
  /** Whose tokens the service believes, if that has been said. */
  expectedIssuer: string | undefined;
}

/** How long a token counts unless it is asked for otherwise, in seconds. */
const EXPIRES_IN_S = 3600;

/**
 * Starts an issuer.
 * @returns Where it is, which tokens have as `iss`.
 * @throws Error when the service believes somebody else, or the port is taken.
 */
export async function startIssuer(settings: IssuerSettings): Promise<string> {
  const { port, audience, expectedIssuer } = settings;
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const kid = randomUUID();
  const keys = [{ ...publicKey.export({ format: "jwk" }), kid, alg: "ES256", use: "sig" }];

  const server = createServer((req, res) => {
    // A page in the developer's browser reaches this by a name of its own that leads here: DNS rebinding.
    if (!isLocal(req.headers.host)) {
      const text = `This answers to ${url} alone, not to the Host of this request.\n`;
      return void res.writeHead(421, { "Content-Type": "text/plain; charset=utf-8" }).end(text);
    }
    const { pathname, searchParams } = new URL(`http://localhost${req.url}`);
    if (pathname === "/jwks.json") {
      return void res.setHeader("Content-Type", "application/json").end(JSON.stringify({ keys }));
    }
    res.setHeader("Content-Type", "text/plain; charset=utf-8");
    if (pathname !== "/token") return void res.writeHead(404).end(usage(url));
    const { expires_in: text = String(EXPIRES_IN_S), ...claims } = claimsOf(searchParams);
    if (typeof text !== "string" || !/^-?\d{1,9}$/.test(text)) {
      return void res.writeHead(400).end("expires_in is a number of seconds\n");
    }
    const now = Math.floor(Date.now() / 1000);
    const exp = now + Number(text);
    void new SignJWT({ iss: url, aud: audience, sub: "developer", iat: now, exp, ...claims })
      .setProtectedHeader({ alg: "ES256", kid, typ: "JWT" })
      .sign(privateKey)
      .then((token) => res.end(`${token}\n`));
  });
  // Nowhere else: whoever reaches it gets any token.
  await once(server.listen(port, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  if (expectedIssuer !== undefined && expectedIssuer !== url) {
    server.close();
    throw new Error(
      `AUTH_ISSUER is ${expectedIssuer}, and this is another one: set it to ${url}, or do not start this`,
    );
  }
  return url;
}

/** Whether the host is one that means this machine, whatever the port: a forwarded one may be another. */
const isLocal = (host = ""): boolean => /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host);

/** Each parameter is a claim; one that comes several times is a list. */
const claimsOf = (params: URLSearchParams): Record<string, string | string[]> =>
  Object.fromEntries(
    [...new Set(params.keys())].map((name) => {
      const values = params.getAll(name);
      return [name, values.length > 1 ? values : (values[0] ?? "")];
    }),
  );

/** How to get a token. */
export const usage = (url: string): string =>
  `curl -s '${url}/token?sub=ann&scope=orders:read&expires_in=60' prints a token; each parameter is a claim\n`;
