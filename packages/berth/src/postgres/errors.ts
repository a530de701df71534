// What went wrong with PostgreSQL: whether waiting or another connection may mend it.
import type * as pg from "pg";
import { PostgresUrlError } from "./url-parameters";

/** No host of several could be used. */
export class NoHostError extends AggregateError {
  override readonly name = "NoHostError";
}

/** A server is not what `target_session_attrs` asks for. */
export class WrongSessionError extends Error {
  override readonly name = "WrongSessionError";
}

/**
 * What the server has said has an SQLSTATE and a severity.
 * @internal
 */
export const isDatabaseError = (err: unknown): err is pg.DatabaseError & { code: string } =>
  err instanceof Error && "severity" in err && typeof (err as { code?: unknown }).code === "string";

/**
 * SQLSTATEs that do not blame the statement: connection, read-only server, authorization, lost against another
 * transaction, unknown database, resources, operator intervention (shutdown, statement timeout), system error.
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const UNAVAILABLE = /^(08|28|3D|53|57|58)...$|^(25006|40001|40P01)$/;

/** What the server has not said itself is about reaching it, unless the values could not be sent at all. */
export function isUnavailable(err: unknown): boolean {
  if (isDatabaseError(err)) return UNAVAILABLE.test(err.code);
  return !(err instanceof TypeError || err instanceof RangeError);
}

/** Whether the server became a replica, or never was anything else. */
export const isReadOnly = (err: unknown): boolean => isDatabaseError(err) && err.code === "25006";

/** Whether the server has no connection left to give. */
export const isFull = (err: unknown): boolean => isDatabaseError(err) && err.code === "53300";

/** Whether a transaction lost against another: run again, it may win. */
export const isConflict = (err: unknown): boolean =>
  isDatabaseError(err) && /^(40001|40P01)$/.test(err.code);

/** Whether the server has ended a transaction, and its connection, as it waited too long for the next statement. */
export const isIdleTimeout = (err: unknown): boolean =>
  isDatabaseError(err) && err.code === "25P03";

/** SQLSTATEs after which a connection is of no use: its server is gone, full, a replica, or its transaction has failed. */
const BROKEN = /^(08|25|28|3D|53|57P|58|F0|XX)/;

/** Whether a connection can be used again after this error: the statement was wrong, lost, or too slow. */
export const isHarmless = (err: unknown): boolean => isDatabaseError(err) && !BROKEN.test(err.code);

/** What Node and pg say of certificates and encryption: their errors have no type in common. */
const TLS_FAILURE = /^ERR_(TLS|SSL|OSSL)_|CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA/;
const NO_TLS = "The server does not support SSL connections";

/** What went wrong, in words: Node's error for a name with several addresses has none of its own. */
export const reasonOf = (err: unknown): string => {
  const { message, code } = err as NodeJS.ErrnoException;
  return message || code || String(err);
};

/** Whether the server speaks no TLS. */
export const isWithoutTls = (err: unknown): boolean => (err as Error).message === NO_TLS;

/**
 * What to do about a connection that no waiting will mend, or undefined where waiting may help: a server that
 * starts, a name that is not known yet.
 */
export function cureOf(err: unknown): string | undefined {
  if (err instanceof NoHostError) return cureOfAll(err.errors);
  if (err instanceof PostgresUrlError) return "correct DATABASE_URL";
  const code = String((err as { code?: unknown }).code);
  if (code === "28P01") return "correct the user or the password of DATABASE_URL";
  if (/^28...$/.test(code)) {
    return "the server lets nobody in this way: correct the user or sslmode of DATABASE_URL, or the server's pg_hba.conf";
  }
  if (code === "3D000") return "create the database, or correct its name in DATABASE_URL";
  if (isWithoutTls(err))
    return "give the server a certificate, or set sslmode=prefer in DATABASE_URL";
  if (TLS_FAILURE.test(code)) {
    return "name the certificate of its issuer by sslrootcert in DATABASE_URL, and the host as the certificate does; or choose another sslmode";
  }
  return undefined;
}

/** One host that may come up yet is worth waiting for. */
function cureOfAll(errors: readonly unknown[]): string | undefined {
  const cures = errors.map(cureOf);
  return cures.every(Boolean) ? [...new Set(cures)].join("; or ") : undefined;
}
