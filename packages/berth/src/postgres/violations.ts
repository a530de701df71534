// Tells apart the constraints that a statement may violate, and what clients are told of them.
import { isDatabaseError } from "./errors";

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

/** A statement that a constraint has refused: answered with its message, which is meant for the client. */
export class ConstraintViolated extends Error {
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
 * Makes what a statement's `catch` takes: clients hear of the constraints that are named here, by these words; what is
 * thrown else is thrown on.
 * @param messages By the constraint's name, as `\d` shows it in psql.
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
