// A worker whose metrics Prometheus scrapes: it enqueues jobs for itself, and one type of them fails.
import "berth/early";
import { attachServices } from "berth/backing";
import { describeJob, enqueue, handleJob, jobVariables, runWorker } from "berth/jobs";
import { attachDatabase } from "berth/postgres";
import { observeProcess } from "berth-telemetry";
import { telemetryVariables } from "berth-telemetry/config";
import { object } from "valibot";

const mail = describeJob({ name: "mail", payload: object({}) });
const bill = describeJob({ name: "bill", payload: object({}) });

const EVERY_MS = 200;

observeProcess();
void runWorker({ ...jobVariables, ...telemetryVariables }, ({ config, logger }) => {
  const options = { config, logger, name: "worker" };
  const { attached, services } = attachServices({ database: attachDatabase }, options);
  const { database } = services;
  setInterval(() => {
    void database.transaction(async (tx) => {
      await enqueue(tx, mail, {});
      await enqueue(tx, bill, {});
    });
  }, EVERY_MS).unref();
  return {
    attached,
    handlers: [
      handleJob(mail, () => Promise.resolve()),
      handleJob(bill, () => Promise.reject(new Error("there is no such customer"))),
    ],
  };
});
