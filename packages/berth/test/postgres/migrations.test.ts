import { migrate } from "../../src/postgres/migrations";
import { createTestLogger } from "../../src/testing/app";
import { type FakePostgres, startFakePostgres } from "../support/fake-postgres";

let fake: FakePostgres;
beforeEach(async () => {
  fake = await startFakePostgres();
});
afterEach(() => fake.close());

/** The message of the error that `migrate` rejects with. */
async function failure(startTimeoutMs: number, parameters = "sslmode=disable") {
  const { logger } = createTestLogger();
  const options = { files: "absent/*", logger, startTimeoutMs };
  const err: unknown = await migrate({ ...options, url: `${fake.url}?${parameters}` }).catch(
    (reason: unknown) => reason,
  );
  expect((err as Error).message).not.toContain("hunter2");
  return (err as Error).message;
}

describe("migrations of a database that cannot be used", () => {
  it.each([
    ["28P01", "correct the user or the password of DATABASE_URL"],
    ["28000", "the server refuses this login: correct the user or sslmode"],
    ["3D000", "create the database, or correct its name"],
  ])("fail at the first %s, with the cure", async (sqlState, cure) => {
    fake.greeting = { sqlState };
    expect(await failure(20_000)).toContain(
      `The database cannot be used: ${sqlState}. Cure: ${cure}`,
    );
    expect(fake.startups()).toBe(1);
  });

  it("fail at once when the server has no TLS and the URL requires it", async () => {
    expect(await failure(20_000, "sslmode=require")).toMatch(
      /^The database cannot be used: .*SSL.* Cure: give the server a certificate, or set sslmode=prefer/,
    );
  });

  it("fail after the timeout when the server accepts but does not respond", async () => {
    fake.greeting = "silence";
    expect(await failure(300)).toMatch(
      /^The database could not be reached within 300 ms: no response within \d+ ms$/,
    );
  });

  it("back off exponentially while it starts", async () => {
    fake.greeting = { sqlState: "57P03" };
    expect(await failure(1000)).toBe("The database could not be reached within 1000 ms: 57P03");
    // After 0, 100, 300 and 700 ms.
    expect(fake.startups()).toBeLessThanOrEqual(4);
  });
});
