import * as v from "valibot";
import { checkCronLines, cronJob } from "../../src/jobs/cron-lines";
import { enqueue, enqueueAll } from "../../src/jobs/enqueue";
import { describeJob } from "../../src/jobs/job-type";
import { parseStored } from "../../src/jobs/stored-job";
import type { Queryable } from "../../src/postgres/transactions";
import { readEnvironment } from "../../src/process/environment";
import { jobVariables } from "../../src/jobs/variables";
import { createTestLogger } from "../../src/testing/app";
import { handleJob } from "../../src/jobs/handler";
import { createJobWorker } from "../../src/jobs/worker";

const remind = describeJob({ name: "remind", payload: v.object({ to: v.string() }) });

/** Records what is sent to the database. */
function recorder(err?: Error) {
  const sent: (readonly unknown[] | undefined)[] = [];
  const query = (_text: string, values?: readonly unknown[]) => {
    sent.push(values);
    return err ? Promise.reject(err) : Promise.resolve([{ id: "7" }]);
  };
  return { db: { query } as unknown as Queryable, sent };
}

const databaseError = (code: string) =>
  Object.assign(new Error("refused"), { code, severity: "ERROR" });

describe("enqueue", () => {
  it("sends one statement, and resolves with the job's id", async () => {
    const { db, sent } = recorder();
    const runAt = new Date("2026-11-01T12:00:00Z");
    expect(await enqueue(db, remind, { to: "Ada" }, { runAt, key: "a", maxAttempts: 3 })).toBe("7");
    const stored = '{"payload":{"to":"Ada"}}';
    expect(sent).toEqual([["remind", "2026-11-01T12:00:00.000Z", 3, [stored], ["remind:a"]]]);
  });

  it.each([
    [{ to: 5 }, {}, "The payload of the job remind is wrong: to must be of type string"],
    [{}, {}, "The payload of the job remind is wrong: to is required"],
    [undefined, {}, "The payload of the job remind is wrong: it is required"],
    [{ to: "a" }, { runAt: new Date(NaN) }, "runAt of the job remind is not a valid date"],
    [{ to: "a" }, { key: "" }, "The key of the job remind has 0 characters, not 1 to 256"],
    [{ to: "a" }, { key: "x".repeat(257) }, "has 257 characters"],
    [{ to: "a" }, { maxAttempts: 0 }, "maxAttempts of the job remind: expected an integer from 1"],
    [{ to: "a" }, { maxAttempts: 101 }, "from 1 to 100, got 101"],
    [{ to: "x".repeat(262_144) }, {}, "characters, more than 262144: store it, and pass its id"],
  ])("refuses %.50j with %j, before anything is sent", async (payload, options, message) => {
    const { db, sent } = recorder();
    await expect(enqueue(db, remind, payload as { to: string }, options)).rejects.toThrow(message);
    expect(sent).toEqual([]);
  });

  it.each(["3F000", "42P01", "42883"])("names the cure without tables (%s)", async (code) => {
    const { db } = recorder(databaseError(code));
    await expect(enqueue(db, remind, { to: "a" })).rejects.toThrow(
      "add a migration with createJobTables",
    );
  });

  it("passes other errors on", async () => {
    const { db } = recorder(databaseError("23505"));
    await expect(enqueue(db, remind, { to: "a" })).rejects.toThrow("refused");
  });
});

describe("enqueueAll", () => {
  it("sends one statement, or none without a payload", async () => {
    const { db, sent } = recorder();
    await enqueueAll(db, remind, [{ to: "Ada" }, { to: "Bob" }], { key: ({ to }) => to });
    const stored = ['{"payload":{"to":"Ada"}}', '{"payload":{"to":"Bob"}}'];
    expect(sent).toEqual([["remind", null, 10, stored, ["remind:Ada", "remind:Bob"]]]);
    expect(await enqueueAll(db, remind, [])).toEqual([]);
    expect(sent).toHaveLength(1);
  });

  it("refuses all of them if one is wrong", async () => {
    const { db, sent } = recorder();
    const payloads = [{ to: "Ada" }, {} as { to: string }];
    await expect(enqueueAll(db, remind, payloads)).rejects.toThrow("to is required");
    expect(sent).toEqual([]);
  });
});

describe("describeJob", () => {
  it.each([
    [{ name: "" }, 'The job name "" does not match'],
    [{ name: "a b" }, 'The job name "a b" does not match'],
    [{ name: "x".repeat(129) }, "does not match"],
    [
      { timeoutMs: 0 },
      "timeoutMs of the job remind: expected an integer from 1 to 10800000, got 0",
    ],
    [{ timeoutMs: 10_800_001 }, "got 10800001"],
    [{ maxAttempts: 1.5 }, "got 1.5"],
  ])("refuses %j", (wrong, message) => {
    expect(() => describeJob({ name: "remind", payload: v.object({}), ...wrong })).toThrow(message);
  });
});

describe("what is stored", () => {
  it.each([null, 5, "text", [], {}])("may be %j", (stored) => {
    expect(parseStored(stored)).toEqual({ payload: undefined });
  });

  it("gives no headers that a request could not have sent", () => {
    const origin = { "x-request-id": "a\nb", traceparent: "*/ DROP", cookie: "secret" };
    expect(parseStored({ payload: 1, origin })).toEqual({
      payload: 1,
      origin: { "x-request-id": expect.stringMatching(/^[\da-f-]{36}$/) as string },
    });
  });
});

describe("cronJob", () => {
  it.each(["* * * * * *", "2030-01-01T00:00:00", "61 * * * *", "daily", ""])(
    "refuses %j",
    (line) => {
      expect(() => cronJob(line, remind, { to: "a" })).toThrow(
        `"${line}" is no cron line of five fields`,
      );
    },
  );

  it("refuses a line that names no time, and a wrong payload", () => {
    expect(() => cronJob("0 0 30 2 *", remind, { to: "a" })).toThrow("names no time that comes");
    expect(() => cronJob("@daily", remind, {} as { to: string })).toThrow("to is required");
  });

  it("needs a name for each of two lines of a job", () => {
    const daily = () => cronJob("@daily", remind, { to: "a" });
    expect(() => checkCronLines([daily(), daily()])).toThrow('Two cron lines are named "remind"');
    expect(() =>
      checkCronLines([daily(), cronJob("@daily", remind, { to: "b" }, "evening")]),
    ).not.toThrow();
  });
});

describe("createJobWorker", () => {
  it("refuses two handlers of one job", () => {
    const config = readEnvironment(jobVariables, { DATABASE_URL: "postgres://127.0.0.1:1/absent" });
    const handler = handleJob(remind, () => undefined);
    const { logger } = createTestLogger();
    expect(() => createJobWorker({ config, logger, handlers: [handler, handler] })).toThrow(
      'The job "remind" has two handlers',
    );
  });
});
