// Cron lines: parses them, and finds the times that they name, in UTC.
import type * as Croner from "croner";

/** A parsed cron line. */
export interface CronSchedule {
  /** The first time after this one; undefined if there is none. */
  next(after: Date): Date | undefined;
  /** The last time that is not after this one; undefined if there is none. */
  latest(until: Date): Date | undefined;
}

/**
 * Parses a cron line of five fields, such as `0 3 * * *`, or a nickname such as `@daily`. Its times are in UTC, so that no
 * time is skipped or repeated when clocks are changed.
 * @throws Error when it cannot be parsed, names no time at all, or croner is not installed.
 */
export function parseCron(line: string): CronSchedule {
  const { Cron } = loadCroner();
  let cron: Croner.Cron;
  try {
    // croner also takes seconds, and dates; workers look for due times every few seconds only.
    if (/^\d+-/.test(line)) throw new Error("it is a date");
    cron = new Cron(line, { timezone: "UTC", ...(!line.startsWith("@") && { mode: "5-part" }) });
  } catch (err) {
    const reason = (err as Error).message.replace(/^\w+: /, "");
    throw new Error(
      `"${line}" is no cron line of five fields (minute, hour, day, month, weekday): ${reason}`,
      { cause: err },
    );
  }
  if (cron.nextRun() === null) throw new Error(`The cron line "${line}" names no time that comes`);
  return {
    next: (after) => cron.nextRun(after) ?? undefined,
    // croner's previous runs are before the time given.
    latest: (until) => cron.previousRuns(1, new Date(until.getTime() + 1))[0],
  };
}

/** An optional peer, which only processes with cron lines load. */
function loadCroner(): typeof Croner {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it in every process
    return require("croner") as typeof Croner;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw err;
    throw new Error("Cron lines need croner: npm install croner@^11", { cause: err });
  }
}
