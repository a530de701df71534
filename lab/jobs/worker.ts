// The worker of the experiment.
import "berth/early";
import { setTimeout as sleep } from "node:timers/promises";
import { attachServices } from "berth/backing";
import { handleJob, jobVariables, type RunningJob, runWorker } from "berth/jobs";
import { attachDatabase, type Queryable } from "berth/postgres";
import { long, once, plain } from "./types";

const LONG_MS = 2500;

void runWorker(jobVariables, ({ config, logger }) => {
  const options = { config, logger, name: "worker" };
  const { attached, services } = attachServices({ database: attachDatabase }, options);
  const { database } = services;
  const act = (db: Queryable, kind: string, n: number) =>
    db.query("INSERT INTO effects VALUES ($1, $2)", [kind, n]);
  const actOnce = (kind: string, n: number, job: RunningJob) =>
    database.transaction(async (tx) => {
      await act(tx, kind, n);
      await sleep(Math.random() * 10);
      await job.complete(tx);
    });
  return {
    attached,
    handlers: [
      handleJob(once, ({ n }, job) => actOnce("once", n, job)),
      handleJob(plain, async ({ n }) => {
        await act(database, "plain", n);
        await sleep(Math.random() * 10);
      }),
      handleJob(long, async ({ n }, job) => {
        await sleep(LONG_MS, undefined, { signal: job.signal });
        await actOnce("long", n, job);
      }),
    ],
  };
});
