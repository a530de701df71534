// Keeps the public keys of who issues tokens: asked for when they are needed, and still known while the issuer is away.
import { createPublicKey, type JsonWebKey } from "node:crypto";
import type * as JoseLocal from "jose/jwks/local";
import type { JWTVerifyGetKey } from "jose/jwt/verify";
import type { Logger } from "pino";
import * as v from "valibot";
import { createCircuit } from "../backing/circuit-breaker";
import { createServicePool, type ServicePool } from "../client/connection";
import { ServiceError } from "../client/errors";
import { exchange } from "../client/exchange";
import { BackingServiceUnavailable } from "../backing/unavailable";

/** Where the keys are. */
export interface KeySetOptions {
  /** An http or https URL of a JSON Web Key Set. @see https://www.rfc-editor.org/rfc/rfc7517#section-5 */
  url: string;
  /** Told when the issuer is away, and when it is back. */
  logger: Pick<Logger, "info" | "warn">;
  /** A clock in milliseconds. */
  now?: () => number;
}

/** An issuer's keys. */
export interface KeySet {
  /**
   * Finds the key that a token says it is signed with.
   * @throws BackingServiceUnavailable when no keys are known, and none can be had.
   */
  find: JWTVerifyGetKey;
  /** Resolves when keys are known, with the same object while they are not asked for anew. @throws BackingServiceUnavailable */
  known(this: void): Promise<object>;
  close(this: void): Promise<void>;
}

/** How old keys are, in milliseconds, when a request that uses them makes a fetch behind it, which delays nobody. */
const RENEW_MS = 240_000;

/** Keys that are older than this are only used after a fetch, in milliseconds: for that long a withdrawn key is believed. */
const OLD_MS = 300_000;

/** How long after the issuer was asked an unknown key is no reason to ask again, in milliseconds: anybody can make one up. */
const COOL_DOWN_MS = 30_000;

/** How long the issuer may take, in milliseconds. */
const TIMEOUT_MS = 3000;

/** Keeps the keys at a URL; nothing is loaded or fetched before they are first needed. */
export function createKeySet(options: KeySetOptions): KeySet {
  const { url, logger, now = () => performance.now() } = options;
  const { origin, pathname, search } = new URL(url);
  const circuit = createCircuit(ISSUER, logger, now);
  let pool: ServicePool | undefined;
  let keys: JWTVerifyGetKey | undefined;
  let fetchedAt = -Infinity;
  let askedAt = -Infinity;
  let asking: Promise<void> | undefined;
  /** Why the issuer was last asked in vain. */
  let failure: unknown;

  async function fetchKeys(): Promise<JWTVerifyGetKey> {
    pool ??= createServicePool(origin, 1, { name: ISSUER, url, logger });
    const request = { method: "GET", path: pathname + search, headers: ACCEPT } as const;
    const answer = await exchange(ISSUER, pool, request, KEYS, TIMEOUT_MS);
    const usable = (answer as v.InferOutput<typeof KEYS>).keys.filter(isUsable);
    if (usable.length > 0) return load()({ keys: usable });
    throw new ServiceError(ISSUER, "badAnswer", 502, "has answered with no key of use");
  }

  /** Asks the issuer, once for all who want it to be asked; never rejects. */
  function ask(): Promise<void> {
    if (asking) return asking;
    const leave = circuit.enter();
    if (typeof leave === "number") return Promise.resolve();
    askedAt = now();
    asking = fetchKeys()
      .then(
        (fetched) => {
          [keys, fetchedAt, failure] = [fetched, askedAt, undefined];
          leave("answers");
        },
        (err: unknown) => {
          failure = err;
          leave("away", err);
        },
      )
      .finally(() => (asking = undefined));
    return asking;
  }

  async function known(): Promise<JWTVerifyGetKey> {
    const ageMs = now() - fetchedAt;
    if (!keys) await ask();
    else if (ageMs >= RENEW_MS) {
      const asked = ask();
      // An issuer that hangs shall not delay more than the first ones who find that out.
      if (ageMs >= OLD_MS && failure === undefined) await asked;
    }
    if (!keys) throw new BackingServiceUnavailable(ISSUER, failure);
    return keys;
  }

  return {
    known,
    async find(header, token) {
      const old = await known();
      try {
        return await old(header, token);
      } catch (err) {
        if ((err as { code?: string }).code !== "ERR_JWKS_NO_MATCHING_KEY") throw err;
        await (now() - askedAt < COOL_DOWN_MS ? asking : ask());
        if (!keys || keys === old) throw err;
        return keys(header, token);
      }
    },
    async close() {
      // Nobody needs what may still be on its way.
      await pool?.destroy();
    },
  };
}

/** What problems and log lines call it. */
const ISSUER = "token issuer";

const ACCEPT = { accept: "application/jwk-set+json, application/json" };

const KEYS = v.object({ keys: v.array(v.unknown()) });

/** Whether it is a public key that can be used; a set may have others, which are passed over. */
function isUsable(key: unknown): key is JsonWebKey & { kty: string } {
  try {
    const { asymmetricKeyDetails } = createPublicKey({ key: key as JsonWebKey, format: "jwk" });
    return (asymmetricKeyDetails?.modulusLength ?? LEAST_BITS) >= LEAST_BITS;
  } catch {
    return false;
  }
}

/** @see https://www.rfc-editor.org/rfc/rfc7518#section-3.3 */
const LEAST_BITS = 2048;

/** Loaded with the first keys. */
const load = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start
  (require("jose/jwks/local") as typeof JoseLocal).createLocalJWKSet;
