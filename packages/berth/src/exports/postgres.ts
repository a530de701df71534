// PostgreSQL: connection pool, transactions, idempotency keys.
export { createIdempotencyKeys } from "../backing/idempotency-keys";
export {
  attachDatabase,
  createDatabase,
  type Database,
  type DatabaseOptions,
} from "../backing/postgres";
export { reasonOf } from "../backing/postgres-errors";
export { parsePostgresUrl, type PostgresSettings } from "../backing/postgres-url";
export {
  TransactionError,
  type Queryable,
  type Transaction,
  type TransactionOptions,
} from "../backing/transactions";
export {
  ConstraintViolated,
  isCheckViolation,
  isForeignKeyViolation,
  isUniqueViolation,
  onViolation,
} from "../backing/violations";
