// Caches a token issuer's public keys (JWKS), and keeps using them while the issuer is down (stale-if-error).
import { createPublicKey, type JsonWebKey } from "node:crypto";
import type { JSONWebKeySet, JWTVerifyGetKey } from "jose";
import type * as JoseRemote from "jose/jwks/remote";
import type { Logger } from "pino";
import * as v from "valibot";
import { createCircuitBreaker } from "../backing/circuit-breaker";
import { BackingServiceUnavailable } from "../backing/unavailable";
import { createServicePool, type ServicePool } from "../client/connection";
import { ServiceError } from "../client/errors";
import { exchange } from "../client/exchange";

/** How keys are fetched. */
export interface KeySetOptions {
  /** The http or https URL of a JSON Web Key Set. @see https://www.rfc-editor.org/rfc/rfc7517#section-5 */
  url: string;
  /** Logs when the issuer goes down, and when it is back. */
  logger: Pick<Logger, "info" | "warn">;
  /** The timeout of a fetch, in milliseconds; 3000 by default. */
  timeoutMs?: number;
  /** A clock in milliseconds for the age of keys. */
  now?: () => number;
}

/** An issuer's keys. */
export interface KeySet {
  /** Resolves with the current keys, the same object until they are fetched again. @throws BackingServiceUnavailable */
  current(this: void): Promise<object>;
  /**
   * Finds the key that signed a token, by the token's header; an unknown one causes a fetch.
   * @throws BackingServiceUnavailable when the key is unknown and the issuer is down: the token may be valid.
   */
  find: JWTVerifyGetKey;
  close(this: void): Promise<void>;
}

/** The age from which a request refreshes the keys in the background, in milliseconds (stale-while-revalidate). */
const RENEW_MS = 240_000;

/** The age from which keys are refreshed before use, in milliseconds: the longest time that a withdrawn key is accepted. */
const OLD_MS = 300_000;

/** How long after a fetch an unknown key causes no other one, in milliseconds: anyone can invent a key id. */
const COOL_DOWN_MS = 30_000;

/** Creates a key set; nothing is loaded or fetched before the keys are first needed. */
export function createKeySet(options: KeySetOptions): KeySet {
  const { url, logger, timeoutMs = 3000, now = () => performance.now() } = options;
  const circuit = createCircuitBreaker(ISSUER, logger, now);
  let pool: ServicePool | undefined;
  let remote: JoseRemote.RemoteJWKSet | undefined;
  let keys: JSONWebKeySet | undefined;
  let fetchedAt = -Infinity;
  /** Why the last fetch failed. */
  let failure: unknown;

  async function fetchKeys(): Promise<JSONWebKeySet> {
    const { origin, pathname, search } = new URL(url);
    pool ??= createServicePool(origin, 1);
    const request = { method: "GET", path: pathname + search, headers: ACCEPT } as const;
    const body = await exchange(ISSUER, pool, request, KEYS, timeoutMs);
    const usable = (body as v.InferOutput<typeof KEYS>).keys.filter(isUsable);
    if (usable.length > 0) return { keys: usable };
    throw new ServiceError(ISSUER, "badResponse", 502, "sent no usable key");
  }

  /** What jose fetches. @throws BackingServiceUnavailable */
  async function respond(): Promise<Response> {
    const report = circuit.tryAcquire();
    if (typeof report === "number") throw new BackingServiceUnavailable(ISSUER, failure);
    const startedAt = now();
    try {
      [keys, fetchedAt, failure] = [await fetchKeys(), startedAt, undefined];
      report("success");
      return Response.json(keys);
    } catch (err) {
      failure = err;
      report("failure", err);
      throw new BackingServiceUnavailable(ISSUER, err);
    }
  }

  /** jose's key set, loaded with the first use. */
  const remoteKeys = (): JoseRemote.RemoteJWKSet => (remote ??= load());

  function load(): JoseRemote.RemoteJWKSet {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start
    const jose = require("jose/jwks/remote") as typeof JoseRemote;
    return jose.createRemoteJWKSet(new URL(url), {
      // The age is counted here.
      cacheMaxAge: Infinity,
      cooldownDuration: COOL_DOWN_MS,
      [jose.customFetch]: respond,
    });
  }

  return {
    async current() {
      const ageMs = now() - fetchedAt;
      if (keys && ageMs < RENEW_MS) return keys;
      if (!keys) await remoteKeys().reload();
      else {
        const refreshed = remoteKeys()
          .reload()
          .catch(() => undefined);
        // An issuer that hangs delays only the requests until the first fetch has failed.
        if (ageMs >= OLD_MS && failure === undefined) await refreshed;
      }
      return keys!;
    },
    find: (header, token) => remoteKeys()(header, token),
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
