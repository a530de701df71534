// Caches verified tokens: a client sends the same token again and again, and verifying one takes ten times as long as a request.
import type { JWTPayload } from "jose";

/** The claims of a token, such as its scopes; frozen, as all requests with the token share them. */
export type TokenClaims = Readonly<
  JWTPayload & Required<Pick<JWTPayload, "iss" | "sub" | "aud" | "exp">>
>;

/** The most tokens that are cached; the oldest ones are dropped. */
const LIMIT = 1000;

/** The longest token that is cached, in characters: all together take a few megabytes. */
const LENGTH_LIMIT = 4096;

/** A cache of verified tokens, valid for one set of keys. */
export interface TokenCache {
  /** Whether the token is cached, for any keys. */
  has(token: string): boolean;
  /** The claims of a token; undefined unless it was verified with these keys and has not expired since. */
  get(token: string, keys: object): TokenClaims | undefined;
  /** @param keys The keys that verified the token; other keys than before clear the cache. */
  add(token: string, keys: object, claims: TokenClaims): void;
}

/** Creates an empty cache. @param toleranceS The clock tolerance for expired tokens, in seconds. */
export function createTokenCache(toleranceS: number): TokenCache {
  const cached = new Map<string, TokenClaims>();
  let cachedFor: object | undefined;

  return {
    has: (token) => cached.has(token),
    get(token, keys) {
      if (keys !== cachedFor) return undefined;
      const claims = cached.get(token);
      // The wall clock, as in `exp`.
      return claims && Date.now() / 1000 < claims.exp + toleranceS ? claims : undefined;
    },
    add(token, keys, claims) {
      if (token.length > LENGTH_LIMIT) return;
      if (keys !== cachedFor) {
        cached.clear();
        cachedFor = keys;
      }
      const [oldest] = cached.size < LIMIT ? [] : cached.keys();
      if (oldest !== undefined) cached.delete(oldest);
      cached.set(token, claims);
    },
  };
}
