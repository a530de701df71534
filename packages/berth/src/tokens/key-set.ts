// Fetches and caches a token issuer's public keys (JWKS), and keeps using them while the issuer is down (stale-if-error).
import { createPublicKey, type JsonWebKey } from "node:crypto";
import type * as JoseLocal from "jose/jwks/local";
import type { JWTVerifyGetKey } from "jose/jwt/verify";
import type { Logger } from "pino";
import * as v from "valibot";
import { createCircuitBreaker } from "../backing/circuit-breaker";
import { createServicePool, type ServicePool } from "../client/connection";
import { ServiceError } from "../client/errors";
import { exchange } from "../client/exchange";
import { BackingServiceUnavailable } from "../backing/unavailable";

/** How keys are fetched. */
export interface KeySetOptions {
  /** The http or https URL of a JSON Web Key Set. @see https://www.rfc-editor.org/rfc/rfc7517#section-5 */
  url: string;
  /** Logs when the issuer goes down, and when it is back. */
  logger: Pick<Logger, "info" | "warn">;
  /** A clock in milliseconds. */
  now?: () => number;
}

/** An issuer's keys. */
export interface KeySet {
  /**
   * Finds the key that signed a token, by the token's header.
   * @throws BackingServiceUnavailable when no keys are cached and none can be fetched.
   */
  find: JWTVerifyGetKey;
  /** Resolves with the current keys, the same object until they are fetched again. @throws BackingServiceUnavailable */
  current(this: void): Promise<object>;
  close(this: void): Promise<void>;
}

/** The age from which a request refreshes the keys in the background, in milliseconds (stale-while-revalidate). */
const RENEW_MS = 240_000;

/** The age from which keys are refreshed before use, in milliseconds: the longest time that a withdrawn key is accepted. */
const OLD_MS = 300_000;

/** How long after a fetch an unknown key causes no other one, in milliseconds: anyone can invent a key id. */
const COOL_DOWN_MS = 30_000;

/** The timeout of a fetch, in milliseconds. */
const TIMEOUT_MS = 3000;

/** Creates a key set; nothing is loaded or fetched before the keys are first needed. */
export function createKeySet(options: KeySetOptions): KeySet {
  const { url, logger, now = () => performance.now() } = options;
  const { origin, pathname, search } = new URL(url);
  const circuit = createCircuitBreaker(ISSUER, logger, now);
  let pool: ServicePool | undefined;
  let keys: JWTVerifyGetKey | undefined;
  let fetchedAt = -Infinity;
  let triedAt = -Infinity;
  let fetching: Promise<void> | undefined;
  /** Why the last fetch failed. */
  let failure: unknown;

  async function fetchKeys(): Promise<JWTVerifyGetKey> {
    pool ??= createServicePool(origin, 1);
    const request = { method: "GET", path: pathname + search, headers: ACCEPT } as const;
    const body = await exchange(ISSUER, pool, request, KEYS, TIMEOUT_MS);
    const usable = (body as v.InferOutput<typeof KEYS>).keys.filter(isUsable);
    if (usable.length > 0) return load()({ keys: usable });
    throw new ServiceError(ISSUER, "badAnswer", 502, "sent no usable key");
  }

  /** Fetches the keys, once for concurrent callers; never rejects. */
  function refresh(): Promise<void> {
    if (fetching) return fetching;
    const report = circuit.tryAcquire();
    if (typeof report === "number") return Promise.resolve();
    triedAt = now();
    fetching = fetchKeys()
      .then(
        (fetched) => {
          [keys, fetchedAt, failure] = [fetched, triedAt, undefined];
          report("success");
        },
        (err: unknown) => {
          failure = err;
          report("failure", err);
        },
      )
      .finally(() => (fetching = undefined));
    return fetching;
  }

  async function current(): Promise<JWTVerifyGetKey> {
    const ageMs = now() - fetchedAt;
    if (!keys) await refresh();
    else if (ageMs >= RENEW_MS) {
      const refreshed = refresh();
      // An issuer that hangs delays only the requests until the first fetch has failed.
      if (ageMs >= OLD_MS && failure === undefined) await refreshed;
    }
    if (!keys) throw new BackingServiceUnavailable(ISSUER, failure);
    return keys;
  }

  return {
    current,
    async find(header, token) {
      const old = await current();
      try {
        return await old(header, token);
      } catch (err) {
        if ((err as { code?: string }).code !== "ERR_JWKS_NO_MATCHING_KEY") throw err;
        await (now() - triedAt < COOL_DOWN_MS ? fetching : refresh());
        if (!keys || keys === old) throw err;
        return keys(header, token);
      }
    },
    async close() {
      // A fetch in flight is no longer needed.
      await pool?.destroy();
    },
  };
}

/** The issuer's name in problems and log lines. */
const ISSUER = "token issuer";

const ACCEPT = { accept: "application/jwk-set+json, application/json" };

const KEYS = v.object({ keys: v.array(v.unknown()) });

/** Whether it is a public key that can be used; a set may have others, which are ignored. */
function isUsable(key: unknown): key is JsonWebKey & { kty: string } {
  try {
    const { asymmetricKeyDetails } = createPublicKey({ key: key as JsonWebKey, format: "jwk" });
    return (asymmetricKeyDetails?.modulusLength ?? LEAST_BITS) >= LEAST_BITS;
  } catch {
    return false;
  }
}

/** The smallest RSA key. @see https://www.rfc-editor.org/rfc/rfc7518#section-3.3 */
const LEAST_BITS = 2048;

/** Loaded when keys are first fetched. */
const load = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start
  (require("jose/jwks/local") as typeof JoseLocal).createLocalJWKSet;
