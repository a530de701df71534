// Jobs on PostgreSQL: enqueued in a transaction, run by a worker process.
export { cronJob, type CronLine } from "../jobs/cron-lines";
export { enqueue, enqueueAll, type EnqueueAllOptions, type EnqueueOptions } from "../jobs/enqueue";
export { JobLostError, UnrecoverableError } from "../jobs/errors";
export { handleJob, type JobHandler, type RunningJob } from "../jobs/handler";
export {
  describeJob,
  type JobDescription,
  type JobInput,
  type JobPayload,
  type JobType,
} from "../jobs/job-type";
export { createJobTables, dropJobTables } from "../jobs/tables";
export { runWorker, type Work, type WorkerProcess } from "../jobs/run-worker";
export { jobVariables } from "../jobs/variables";
export { createJobWorker, type JobWorker, type WorkerOptions } from "../jobs/worker";
