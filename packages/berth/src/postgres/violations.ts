// Recognizes constraint violations, and turns those that are the client's fault into errors with a message.
import type { HttpError } from "../request/http-error";
import { isDatabaseError } from "./errors";

/**
 * Whether a statement violates a unique constraint: usually a 409 for the client.
 * @param constraint The name of the constraint, as `\d` shows it in psql; any by default.
 */
export const isUniqueViolation = (err: unknown, constraint?: string): boolean =>
  isViolation(err, "23505", constraint);

/** Whether a statement references a row that does not exist, or deletes one that is referenced. */
export const isForeignKeyViolation = (err: unknown, constraint?: string): boolean =>
  isViolation(err, "23503", constraint);

/** Whether a row violates a check constraint. */
export const isCheckViolation = (err: unknown, constraint?: string): boolean =>
  isViolation(err, "23514", constraint);

/** A constraint violation, with a message for the client. */
export class ConstraintViolated extends Error implements HttpError {
  override readonly name = "ConstraintViolated";
  readonly expose = true;

  constructor(
    message: string,
    readonly status: number,
    cause: unknown,
  ) {
    super(message, { cause });
  }
}

/**
 * Creates a handler for a statement's `.catch()`: it replaces violations of these constraints by errors with a message for the
 * client, and rethrows other errors.
 * @param messages By the name of the constraint, as `\d` shows it in psql.
 * @param status 409 by default.
 */
export const onViolation =
  (messages: Readonly<Record<string, string>>, status = 409) =>
  (err: unknown): never => {
    const name = isDatabaseError(err) ? err.constraint : undefined;
    const message = name !== undefined && Object.hasOwn(messages, name) && messages[name];
    throw message ? new ConstraintViolated(message, status, err) : err;
  };

/** @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const isViolation = (err: unknown, sqlstate: string, constraint?: string): boolean =>
  isDatabaseError(err) &&
  err.code === sqlstate &&
  (constraint === undefined || err.constraint === constraint);
