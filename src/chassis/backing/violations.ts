// Tells apart the constraints that a statement may violate.
import { isDatabaseError } from "./postgres-errors";

/**
 * Whether a statement would have made a second row with the same key: for a client, mostly a 409.
 * @param constraint Only this one, by the name that `\d` shows in psql; any, unless given.
 */
export const isUniqueViolation = (err: unknown, constraint?: string): boolean =>
  isViolation(err, "23505", constraint);

/** Whether a statement names a row that is not there, or removes one that others name. */
export const isForeignKeyViolation = (err: unknown, constraint?: string): boolean =>
  isViolation(err, "23503", constraint);

/** Whether a row breaks a rule of its table. */
export const isCheckViolation = (err: unknown, constraint?: string): boolean =>
  isViolation(err, "23514", constraint);

/** @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const isViolation = (err: unknown, sqlstate: string, constraint?: string): boolean =>
  isDatabaseError(err) &&
  err.code === sqlstate &&
  (constraint === undefined || err.constraint === constraint);
