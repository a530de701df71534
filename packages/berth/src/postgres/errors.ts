// Classifies PostgreSQL errors by SQLSTATE: is the database away, is the connection still good, what has to be corrected.
import type * as pg from "pg";
import { PostgresUrlError } from "./url-parameters";

/** None of several hosts could be used. */
export class NoHostError extends AggregateError {
  override readonly name = "NoHostError";
}

/** The server does not match `target_session_attrs`. */
export class WrongSessionError extends Error {
  override readonly name = "WrongSessionError";
}

/**
 * Whether the server sent this error: it has an SQLSTATE and a severity.
 * @internal
 */
export const isDatabaseError = (err: unknown): err is pg.DatabaseError & { code: string } =>
  err instanceof Error && "severity" in err && typeof (err as { code?: unknown }).code === "string";

/**
 * SQLSTATEs for which the statement is not to blame: connection, read-only server, authorization, serialization failure,
 * deadlock, unknown database, resources, operator intervention (shutdown, statement timeout), system error.
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const UNAVAILABLE = /^(08|28|3D|53|57|58)...$|^(25006|40001|40P01)$/;

/**
 * Whether the database is unavailable. An error that the server did not send is one of the connection, unless a value cannot be
 * encoded (TypeError, RangeError).
 */
export function isUnavailable(err: unknown): boolean {
  if (isDatabaseError(err)) return UNAVAILABLE.test(err.code);
  return !(err instanceof TypeError || err instanceof RangeError);
}

/** Whether the server is read-only: it became a replica, or always was one. */
export const isReadOnly = (err: unknown): boolean => isDatabaseError(err) && err.code === "25006";

/** Whether the server has reached its connection limit (`max_connections`). */
export const isAtConnectionLimit = (err: unknown): boolean =>
  isDatabaseError(err) && err.code === "53300";

/** Whether a transaction failed because of a concurrent one (serialization failure, deadlock), so that a retry may succeed. */
export const isConflict = (err: unknown): boolean =>
  isDatabaseError(err) && /^(40001|40P01)$/.test(err.code);

/** Whether the server ended an idle transaction and its connection (idle_in_transaction_session_timeout). */
export const isIdleTimeout = (err: unknown): boolean =>
  isDatabaseError(err) && err.code === "25P03";

/** SQLSTATEs after which a connection is not reused: its server is gone, full or a replica, or its transaction has failed. */
const BROKEN = /^(08|25|28|3D|53|57P|58|F0|XX)/;

/** Whether a connection can be reused after this error: the statement was wrong, in conflict, or too slow. */
export const isReusableAfter = (err: unknown): boolean =>
  isDatabaseError(err) && !BROKEN.test(err.code);

/** Error codes of Node and OpenSSL for TLS and certificates: these errors have no common type. */
const TLS_FAILURE = /^ERR_(TLS|SSL|OSSL)_|CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA/;
const NO_TLS = "The server does not support SSL connections";

/** The reason of an error as text: Node's AggregateError, when several addresses fail, has a code but no message. */
export const reasonOf = (err: unknown): string => {
  const { message, code } = err as NodeJS.ErrnoException;
  return message || code || String(err);
};

/** Whether the server does not support TLS. */
export const isTlsUnsupported = (err: unknown): boolean => (err as Error).message === NO_TLS;

/**
 * What to correct when a connection failed and waiting cannot help; undefined if it may, as for a server that is starting or
 * a name that does not resolve yet.
 */
export function cureOf(err: unknown): string | undefined {
  if (err instanceof NoHostError) return cureOfAll(err.errors);
  if (err instanceof PostgresUrlError) return "correct DATABASE_URL";
  const code = String((err as { code?: unknown }).code);
  if (code === "28P01") return "correct the user or the password of DATABASE_URL";
  if (/^28...$/.test(code)) {
    return "the server refuses this login: correct the user or sslmode of DATABASE_URL, or the server's pg_hba.conf";
  }
  if (code === "3D000") return "create the database, or correct its name in DATABASE_URL";
  if (isTlsUnsupported(err))
    return "give the server a certificate, or set sslmode=prefer in DATABASE_URL";
  if (TLS_FAILURE.test(code)) {
    return "set sslrootcert in DATABASE_URL to the certificate of the issuer, and the host to the name in the server's certificate; or choose another sslmode";
  }
  return undefined;
}

/** Undefined if waiting may help for at least one host. */
function cureOfAll(errors: readonly unknown[]): string | undefined {
  const cures = errors.map(cureOf);
  return cures.every(Boolean) ? [...new Set(cures)].join("; or ") : undefined;
}
