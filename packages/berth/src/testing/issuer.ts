// A token issuer for tests: it publishes keys (JWKS) and signs tokens; it can change keys, fail, hang or be down.
import { createHmac, generateKeyPairSync, type KeyObject, sign as signBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { atEnd } from "./cleanup";

/** A key pair, and the id of its public key. */
export interface TestKey {
  alg: string;
  kid: string;
  publicKey: KeyObject;
  privateKey: KeyObject;
}

/** Generates a key pair. */
export const createTestKey = (
  kid: string,
  alg: "ES256" | "RS256" | "EdDSA" = "ES256",
): TestKey => ({
  alg,
  kid,
  ...PAIRS[alg](),
});

const PAIRS = {
  ES256: () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
  RS256: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  EdDSA: () => generateKeyPairSync("ed25519"),
};

/** The public key as a JWK. */
export const asJwk = ({ publicKey, kid, alg }: TestKey): object => ({
  ...publicKey.export({ format: "jwk" }),
  kid,
  alg,
  use: "sig",
});

/** Signs a token with these claims; the header may be invalid, too. */
export function signToken(key: TestKey, claims: object, header: object = {}): string {
  const head = encode({ alg: key.alg, kid: key.kid, typ: "JWT", ...header });
  const text = `${head}.${encode(claims)}`;
  const digest = key.alg === "EdDSA" ? null : "sha256";
  const privateKey = { key: key.privateKey, dsaEncoding: "ieee-p1363" } as const;
  return `${text}.${signBytes(digest, Buffer.from(text), privateKey).toString("base64url")}`;
}

/** Signs a token with a shared secret (HS256), which an attacker may know. */
export function signWithSecret(secret: string, claims: object, header: object): string {
  const text = `${encode({ alg: "HS256", ...header })}.${encode(claims)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

/** Encodes a part of a token. */
export const encode = (part: object): string =>
  Buffer.from(JSON.stringify(part)).toString("base64url");

/** An issuer that serves its key set over HTTP. */
export interface TestIssuer {
  /** The URL of the key set, whether or not the server runs. */
  jwksUrl: string;
  /** Handles the next requests. */
  respond: RequestListener;
  /** Publishes these keys from now on. */
  publish(...keys: (TestKey | object)[]): void;
  /** The number of requests so far. */
  asked(): number;
  /** Resolves when there were that many requests. */
  untilAsked(times: number): Promise<void>;
  /** Stops listening, and closes open connections. */
  stop(): Promise<void>;
  /** Listens on the same port again. */
  start(): Promise<void>;
}

/** Starts an issuer that publishes these keys; it stops after the test file. */
export async function startIssuer(...keys: TestKey[]): Promise<TestIssuer> {
  let asked = 0;
  const server = createServer((req, res) => {
    asked++;
    issuer.respond(req, res);
    server.emit("asked");
  });
  atEnd(() => Promise.resolve(server.close().closeAllConnections()));
  const listen = async (port: number) => {
    await once(server.listen(port, "127.0.0.1"), "listening");
    return (server.address() as AddressInfo).port;
  };
  const port = await listen(0);

  const issuer: TestIssuer = {
    jwksUrl: `http://127.0.0.1:${port}/keys?tenant=1`,
    respond: () => undefined,
    publish(...published) {
      const set = { keys: published.map((key) => ("privateKey" in key ? asJwk(key) : key)) };
      issuer.respond = (req, res) => {
        if (req.url !== "/keys?tenant=1") return void res.writeHead(404).end();
        res.setHeader("Content-Type", "application/json").end(JSON.stringify(set));
      };
    },
    asked: () => asked,
    async untilAsked(times) {
      while (asked < times) await once(server, "asked");
    },
    async stop() {
      const closed = once(server.close(), "close");
      server.closeAllConnections();
      await closed;
    },
    async start() {
      if (!server.listening) await listen(port);
    },
  };
  issuer.publish(...keys);
  return issuer;
}
