// Verifies access tokens (JWT): issuer, audience, times, and a signature by one of the issuer's keys.
import type { CryptoKey, JWTVerifyOptions } from "jose";
import type { JWTVerifyGetKey } from "jose/jwt/verify";
import type * as JoseVerify from "jose/jwt/verify";
import type { ConfigOf } from "../process/environment";
import type { HttpError } from "../request/http-error";
import type { AttachOptions, BackingService } from "../backing/attach";
import { createTokenCache, type TokenClaims } from "./cache";
import { createKeySet, type KeySetOptions } from "./key-set";
import type { optionalTokenVariables } from "./variables";

/** Which tokens are accepted. */
export interface TokensOptions extends Omit<KeySetOptions, "url"> {
  /** The URL of the issuer's public keys. */
  jwksUrl: string;
  /** The `iss` of accepted tokens. */
  issuer: string;
  /** The `aud` of accepted tokens, or one of them. */
  audience: string;
}

/** A verifier of tokens. */
export interface Tokens {
  audience: string;
  /**
   * Resolves with the token's claims.
   * @throws TokenRefused when the token is invalid, BackingServiceUnavailable when the issuer's keys cannot be fetched.
   */
  verify(this: void, token: string): Promise<TokenClaims>;
  /** Resolves when keys are available. @throws BackingServiceUnavailable */
  ping(this: void): Promise<unknown>;
  close(this: void): Promise<void>;
}

/** The part of a verifier that features use, so that a test can fake it in two lines. */
export interface AttachedTokens {
  audience: string;
  verify(this: void, token: string): Promise<{ sub: string; [claim: string]: unknown }>;
}

/** An invalid token: 401, with a message for the client. */
export class TokenRefused extends Error implements HttpError {
  override readonly name = "TokenRefused";
  readonly status = 401;
  readonly expose = true;
}

/** The tolerated difference between the issuer's clock and this one, in seconds. */
const CLOCK_TOLERANCE_S = 30;

/** Asymmetric algorithms only: with HMAC, an attacker could sign with the public key. */
const ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];

/** The backing service entry of the token issuer, if its variables are set; the process is ready without it. */
export function attachTokens({
  config,
  logger,
}: AttachOptions<ConfigOf<typeof optionalTokenVariables>>):
  BackingService<AttachedTokens> | undefined {
  const { AUTH_JWKS_URL: jwksUrl, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = config;
  if (!jwksUrl || !issuer || !audience) return undefined;
  const tokens = createTokens({ jwksUrl, issuer, audience, logger });
  return { use: tokens, check: tokens.ping, isRequired: false, close: tokens.close };
}

/** Creates a verifier; nothing is loaded or fetched before the first token. */
export function createTokens(options: TokensOptions): Tokens {
  const { jwksUrl: url, issuer, audience, logger } = options;
  if (isInsecure(url)) {
    const { origin, pathname } = new URL(url);
    logger.warn(
      // Without the query: some issuers need an API key in it.
      { url: origin + pathname },
      "the token issuer's keys are fetched without TLS: anyone who can alter the traffic can forge tokens; use https",
    );
  }
  const keys = createKeySet({ ...options, url });
  const cache = createTokenCache(CLOCK_TOLERANCE_S);
  const rules = {
    algorithms: ALGORITHMS,
    issuer,
    audience,
    requiredClaims: ["exp", "sub"],
    clockTolerance: CLOCK_TOLERANCE_S,
  };

  return {
    audience,
    async verify(token) {
      const cached = cache.has(token) && cache.get(token, await keys.current());
      if (cached) return cached;
      let before: object | undefined;
      const find: JWTVerifyGetKey = async (header, jws) => {
        before = await keys.current();
        return keys.find(header, jws);
      };
      try {
        const { payload } = await verifyWith(token, find, rules);
        if (typeof payload.sub !== "string")
          throw new TokenRefused("The token has a malformed sub.");
        const claims = freeze(payload) as TokenClaims;
        const after = await keys.current();
        // Otherwise the token may have been verified with a key that was withdrawn meanwhile.
        if (after === before) cache.add(token, after, claims);
        return claims;
      } catch (err) {
        throw refusalOf(err as JoseError) ?? err;
      }
    },
    ping: keys.current,
    close: keys.close,
  };
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null)
    Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}

function isInsecure(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return (
    protocol === "http:" && !/^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
  );
}

/** @see https://github.com/panva/jose/blob/main/docs/util/errors/README.md */
interface JoseError extends Error {
  code?: string;
  claim?: string;
  reason?: string;
}

/** The reason for the client; undefined if the token is not to blame. jose checks claims only after the signature. */
function refusalOf({ code = "", claim = "", reason }: JoseError): TokenRefused | undefined {
  if (!/^ERR_(JOSE|JWS|JWT|JWKS)_/.test(code)) return undefined;
  if (code === "ERR_JWS_INVALID" || code === "ERR_JWT_INVALID") {
    return new TokenRefused("The token is not a JSON Web Token.");
  }
  if (code.startsWith("ERR_JOSE_")) {
    return new TokenRefused("The token is signed with an algorithm that is not accepted.");
  }
  if (code === "ERR_JWT_EXPIRED") return new TokenRefused("The token has expired.");
  if (code !== "ERR_JWT_CLAIM_VALIDATION_FAILED") {
    return new TokenRefused("The token is not signed with one of the issuer's keys.");
  }
  if (reason === "missing") return new TokenRefused(`The token has no ${claim}.`);
  const isWrong = reason === "check_failed";
  return new TokenRefused((isWrong && WRONG[claim]) || `The token has a malformed ${claim}.`);
}

const WRONG: Readonly<Record<string, string>> = {
  iss: "The token is from another issuer.",
  aud: "The token is for another audience.",
  nbf: "The token is not valid yet.",
};

/** Verifies a token. If several keys match it, as they share a `kid` or it has none, each is tried. */
async function verifyWith(token: string, find: JWTVerifyGetKey, rules: JWTVerifyOptions) {
  const { jwtVerify } = load();
  try {
    return await jwtVerify(token, find, rules);
  } catch (thrown) {
    if ((thrown as JoseError).code !== "ERR_JWKS_MULTIPLE_MATCHING_KEYS") throw thrown;
    for await (const key of thrown as AsyncIterable<CryptoKey>) {
      try {
        return await jwtVerify(token, key, rules);
      } catch (err) {
        if ((err as JoseError).code !== "ERR_JWS_SIGNATURE_VERIFICATION_FAILED") throw err;
      }
    }
    throw thrown;
  }
}

/** Loaded with the first token. */
const load = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start
  require("jose/jwt/verify") as typeof JoseVerify;
