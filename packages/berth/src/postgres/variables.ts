// The environment variables of the PostgreSQL database.
import * as v from "valibot";
import { integer, variable } from "../process/environment";
import { completePostgresUrl } from "./url-parameters";
import { parsePostgresUrl } from "./url";

/** The variables of a process that uses the database. */
export const postgresVariables = {
  DATABASE_URL: variable({
    schema: v.pipe(
      v.string(),
      v.regex(/^postgres(ql)?:\/\//),
      v.description("postgres://user:password@host:port/database"),
    ),
    about:
      "The PostgreSQL database, as in psql: `?sslmode=…`, `PGSSLMODE`, several hosts. `npm run dev` has its own, or `DEV_DATABASE_URL`.",
    example: "postgres://user:password@localhost:5432/app",
    secret: true,
    complete(url, env) {
      const complete = completePostgresUrl(url, env);
      parsePostgresUrl(complete);
      return complete;
    },
  }),
  DATABASE_POOL_SIZE: variable({
    schema: integer(1, 1000, "connections"),
    default: "10",
    about: "The maximum number of database connections per process.",
  }),
  DATABASE_CONNECT_TIMEOUT_MS: variable({
    schema: integer(1, 600_000, "milliseconds"),
    default: "2000",
    about: "How long a request waits for a database connection before the response is 503.",
  }),
  DATABASE_STATEMENT_TIMEOUT_MS: variable({
    schema: integer(1, 3_600_000, "milliseconds"),
    default: "5000",
    about: "How long one SQL statement may run before the response is 503.",
  }),
  DATABASE_SLOW_STATEMENT_MS: variable({
    schema: integer(0, 3_600_000, "milliseconds"),
    default: "1000",
    about: "SQL statements that take longer than this are logged as warnings; 0: never.",
  }),
};
