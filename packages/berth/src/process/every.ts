// Runs work periodically, without overlap: after an interval, or at the times of a cron line.
import { AsyncResource } from "node:async_hooks";
import type { Logger } from "pino";
import { type CronSchedule, parseCron } from "./cron";

/** What periodic work needs. */
export interface PeriodicOptions {
  logger: Pick<Logger, "error">;
  /** The time for cron lines; the system's by default. */
  now?: () => Date;
  /** The clock for intervals, in milliseconds; that of `performance.now` by default. */
  elapsed?: () => number;
}

/** Periodic work of one process. */
export interface Periodic {
  /**
   * Runs `work` again and again. A run that takes longer than the interval delays the next one, it never overlaps with it; what
   * would have been due meanwhile is left out. An error of `work` is logged at level `error`, with the number of failures in a
   * row, and does not end the process.
   * @param schedule An interval in milliseconds from start to start, whose first run starts at once; or a cron line of five
   *   fields in UTC, such as `0 3 * * *`, which needs `croner`. Times that pass while the process is down are left out.
   * @throws RangeError when the interval is not an integer of at least 1; Error when the cron line is wrong.
   */
  every(this: void, schedule: number | string, work: () => Promise<unknown> | void): void;
  /** Starts no further run; resolves when those in progress have ended. */
  stop(this: void): Promise<void>;
}

/** Node's longest timer is shorter than a month; and a clock that was set is noticed after this time, in milliseconds. */
const LONGEST_WAIT_MS = 60_000;

/** Creates periodic work, which is none yet. */
export function createPeriodic(options: PeriodicOptions): Periodic {
  const { logger, now = () => new Date(), elapsed = () => performance.now() } = options;
  let isStopped = false;
  const waits = new Set<() => void>();
  const loops: Promise<void>[] = [];

  /** Resolves after this time, or when no further run shall start. */
  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        waits.delete(end);
        resolve();
      };
      const timer = setTimeout(end, Math.min(ms, LONGEST_WAIT_MS));
      waits.add(end);
    });

  async function waitUntil(clock: () => number, due: number): Promise<void> {
    for (let left = due - clock(); left > 0 && !isStopped; left = due - clock()) await wait(left);
  }

  async function runEach(schedule: number | string, run: () => Promise<void>): Promise<void> {
    if (typeof schedule === "number") {
      while (!isStopped) {
        const due = elapsed() + schedule;
        await run();
        await waitUntil(elapsed, due);
      }
      return;
    }
    const cron: CronSchedule = parseCron(schedule);
    for (let due = cron.next(now()); due; due = cron.next(now())) {
      await waitUntil(() => now().getTime(), due.getTime());
      if (isStopped) return;
      await run();
    }
  }

  return {
    every(schedule, work) {
      if (typeof schedule === "number" && !(Number.isSafeInteger(schedule) && schedule >= 1)) {
        throw new RangeError(`every(${schedule}): expected milliseconds, an integer of at least 1`);
      }
      if (typeof schedule === "string") parseCron(schedule);
      let failures = 0;
      // Not in the caller's context: its log lines belong to no request.
      const outside = new AsyncResource("Periodic");
      const run = async (): Promise<void> => {
        try {
          await outside.runInAsyncScope(work);
          failures = 0;
        } catch (err) {
          failures += 1;
          logger.error({ err, schedule, failures }, "periodic work failed");
        }
      };
      // In the next turn, when the caller has set up everything.
      loops.push(
        new Promise<void>((resolve) => setImmediate(resolve)).then(() => runEach(schedule, run)),
      );
    },
    async stop() {
      isStopped = true;
      for (const end of waits) end();
      await Promise.all(loops);
    },
  };
}
