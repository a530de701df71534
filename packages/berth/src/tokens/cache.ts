// Remembers tokens whose signature was right, as a client sends the same one again and again, and to check one takes ten times a request.
import type { TokenClaims } from "./tokens";

/** How many tokens are remembered; of more, the oldest are forgotten. */
const LIMIT = 1000;

/** The longest that is, in characters: together they take no more than some megabytes. */
const LENGTH_LIMIT = 4096;

/** What was found out about tokens. */
export interface BelievedTokens {
  /** Whether anything is known of it. */
  has(token: string): boolean;
  /** What a token says; undefined when nothing is known of it by these keys, or it has expired since. */
  get(token: string, keys: object): TokenClaims | undefined;
  /** @param keys What it was checked with: with others, it is as good as unknown. */
  add(token: string, keys: object, claims: TokenClaims): void;
}

/** Remembers nothing yet. @param toleranceS How long an expired token still counts, in seconds. */
export function createBelievedTokens(toleranceS: number): BelievedTokens {
  const believed = new Map<string, TokenClaims>();
  let byKeys: object | undefined;

  return {
    has: (token) => believed.has(token),
    get(token, keys) {
      if (keys !== byKeys) return undefined;
      const claims = believed.get(token);
      // By the wall clock, as the issuer has dated it.
      return claims && Date.now() / 1000 < claims.exp + toleranceS ? claims : undefined;
    },
    add(token, keys, claims) {
      if (token.length > LENGTH_LIMIT) return;
      if (keys !== byKeys) {
        believed.clear();
        byKeys = keys;
      }
      const [oldest] = believed.size < LIMIT ? [] : believed.keys();
      if (oldest !== undefined) believed.delete(oldest);
      believed.set(token, claims);
    },
  };
}
