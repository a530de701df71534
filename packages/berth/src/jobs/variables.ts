// The environment variables of a process that runs jobs.
import { integer, variable } from "../process/environment";
import { backgroundVariables } from "../process/variables";
import { postgresVariables } from "../postgres/variables";

/** The variables of a worker. */
export const jobVariables = {
  ...backgroundVariables,
  ...postgresVariables,
  JOB_CONCURRENCY: variable({
    schema: integer(1, 1000, "jobs"),
    default: "5",
    about:
      "How many jobs one worker runs at the same time; it opens 4 database connections in addition to `DATABASE_POOL_SIZE`.",
  }),
  JOB_LEASE_MS: variable({
    schema: integer(1000, 3_600_000, "milliseconds"),
    default: "30000",
    about:
      "How long a worker may be silent before others take over its jobs, as after `kill -9`: longer than any work that blocks its event loop.",
  }),
};
