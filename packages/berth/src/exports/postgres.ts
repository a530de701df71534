// PostgreSQL: connection pool, transactions, notifications, idempotency keys.
export { createIdempotencyKeys } from "../postgres/idempotency-keys";
export {
  attachDatabase,
  createDatabase,
  type Database,
  type DatabaseOptions,
} from "../postgres/database";
export { reasonOf } from "../postgres/errors";
export type { Listen } from "../postgres/notifications";
export type { StreamRows } from "../postgres/row-stream";
export { parsePostgresUrl, type PostgresSettings } from "../postgres/url";
export {
  TransactionError,
  type Queryable,
  type Transaction,
  type TransactionOptions,
} from "../postgres/transactions";
export {
  ConstraintViolated,
  isCheckViolation,
  isForeignKeyViolation,
  isUniqueViolation,
  onViolation,
} from "../postgres/violations";
