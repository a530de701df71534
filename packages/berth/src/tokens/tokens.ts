// Tells whether a token is one that its issuer has signed for this service, by the issuer's keys.
import type { CryptoKey, JWTPayload, JWTVerifyOptions } from "jose";
import type { JWTVerifyGetKey } from "jose/jwt/verify";
import type * as JoseVerify from "jose/jwt/verify";
import type { Logger } from "pino";
import type { ConfigOf } from "../process/environment";
import { createBelievedTokens } from "./cache";
import { createKeySet } from "./key-set";
import type { AttachOptions, BackingService } from "../backing/attach";
import type { optionalTokenVariables } from "./variables";

/** Whose tokens are believed. */
export interface TokensOptions {
  /** Where the issuer has its public keys. */
  jwksUrl: string;
  /** What a token has to have as `iss`. */
  issuer: string;
  /** What a token has to have as `aud`, or among it. */
  audience: string;
  logger: Pick<Logger, "info" | "warn">;
  /** A clock in milliseconds, by which keys get old. */
  now?: () => number;
}

/** What a token says, such as the scopes of whoever brings it; frozen, as all requests with it have the same. */
export type TokenClaims = Readonly<
  JWTPayload & Required<Pick<JWTPayload, "iss" | "sub" | "aud" | "exp">>
>;

/** What verifies tokens. */
export interface Tokens {
  audience: string;
  /**
   * Resolves with what the token says.
   * @throws TokenRefused when it is not to be believed, BackingServiceUnavailable when the issuer's keys cannot be had.
   */
  verify(this: void, token: string): Promise<TokenClaims>;
  /** Resolves when keys are known. @throws BackingServiceUnavailable */
  ping(this: void): Promise<unknown>;
  close(this: void): Promise<void>;
}

/** What features get of them, so that a test can make its own in two lines. */
export interface AttachedTokens {
  audience: string;
  verify(this: void, token: string): Promise<{ sub: string; [claim: string]: unknown }>;
}

/** A token that is not to be believed: 401, and its message may be shown to the client. */
export class TokenRefused extends Error {
  override readonly name = "TokenRefused";
  readonly status = 401;
  readonly expose = true;
}

/** How far the issuer's clock may be from this one, in seconds. */
const CLOCK_TOLERANCE_S = 30;

/** Those of a key pair: what only has to be shared could be signed with the public key. */
const ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];

/** The entry of the token issuer among a process' backing services, where its variables are set; a process is ready without it. */
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

/** Makes what verifies tokens; nothing is loaded or fetched before the first one. */
export function createTokens(options: TokensOptions): Tokens {
  const { jwksUrl: url, issuer, audience, logger } = options;
  if (isOverheard(url)) {
    const { origin, pathname } = new URL(url);
    logger.warn(
      // Some issuers want a key in the query.
      { url: origin + pathname },
      "the token issuer's keys come unencrypted: who can change them on their way can make tokens; use https",
    );
  }
  const keys = createKeySet({ ...options, url });
  const believed = createBelievedTokens(CLOCK_TOLERANCE_S);
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
      const known = believed.has(token) && believed.get(token, await keys.known());
      if (known) return known;
      let before: object | undefined;
      const find: JWTVerifyGetKey = async (header, jws) => {
        before = await keys.known();
        return keys.find(header, jws);
      };
      try {
        const { payload } = await verifyWith(token, find, rules);
        if (typeof payload.sub !== "string")
          throw new TokenRefused("The token has a malformed sub.");
        const claims = freeze(payload) as TokenClaims;
        const after = await keys.known();
        // Else it may have been one of the old ones that fits.
        if (after === before) believed.add(token, after, claims);
        return claims;
      } catch (err) {
        throw refusalOf(err as JoseError) ?? err;
      }
    },
    ping: keys.known,
    close: keys.close,
  };
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null)
    Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}

function isOverheard(url: string): boolean {
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

/** What a developer can mend; undefined for what is not the token's fault. Claims are only looked at once it is proven. */
function refusalOf({ code = "", claim = "", reason }: JoseError): TokenRefused | undefined {
  if (!/^ERR_(JOSE|JWS|JWT|JWKS)_/.test(code)) return undefined;
  if (code === "ERR_JWS_INVALID" || code === "ERR_JWT_INVALID") {
    return new TokenRefused("The token is no JSON Web Token.");
  }
  if (code.startsWith("ERR_JOSE_")) {
    return new TokenRefused("The token is not signed in a way that is accepted.");
  }
  if (code === "ERR_JWT_EXPIRED") return new TokenRefused("The token has expired.");
  if (code !== "ERR_JWT_CLAIM_VALIDATION_FAILED") {
    return new TokenRefused("The token is not signed with a key of the issuer.");
  }
  if (reason === "missing") return new TokenRefused(`The token has no ${claim}.`);
  const isWrong = reason === "check_failed";
  return new TokenRefused((isWrong && WRONG[claim]) || `The token has a malformed ${claim}.`);
}

const WRONG: Readonly<Record<string, string>> = {
  iss: "The token is of another issuer.",
  aud: "The token is for another audience.",
  nbf: "The token is not valid yet.",
};

/** Verifies a token. Where several keys fit it, by a `kid` they share or as it has none, each is tried. */
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
