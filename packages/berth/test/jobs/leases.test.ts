import { createLeases } from "../../src/jobs/leases";
import type { Queryable } from "../../src/postgres/transactions";

const LEASE_MS = 30_000;

/** A database with these other workers, and owners of locks without heartbeats. */
function database(others: { id: string; beats: string }[], unknown: string[] = []) {
  const removed: unknown[] = [];
  const query = (text: string, values: unknown[]) => {
    if (text.includes('AS "leaseMs"')) {
      return Promise.resolve(others.map((other) => ({ ...other, leaseMs: LEASE_MS })));
    }
    if (text.startsWith("DELETE")) removed.push(values);
    if (text.startsWith("DELETE")) return Promise.resolve([{ id: values[0] }]);
    if (text.includes("DISTINCT")) return Promise.resolve(unknown.map((id) => ({ id })));
    if (text.includes("AS worker")) {
      const [workers] = values as [string[]];
      const job = { id: "7", name: "remind", attempts: 1, maxAttempts: 2 };
      return Promise.resolve(workers.map((worker) => ({ ...job, worker })));
    }
    return Promise.resolve([]);
  };
  return { tx: { query } as unknown as Queryable, removed };
}

let now = 0;
beforeEach(() => void jest.spyOn(performance, "now").mockImplementation(() => now));

describe("another worker", () => {
  it("is dead once its heartbeats have stood still for its lease, as seen from here", async () => {
    const other = { id: "other", beats: "5" };
    const { tx, removed } = database([other]);
    const { takeOver } = createLeases("me", LEASE_MS);
    now = 1000;
    expect(await takeOver(tx)).toEqual([]);
    now += LEASE_MS - 1;
    expect(await takeOver(tx)).toEqual([]);
    other.beats = "6";
    now += 1;
    expect(await takeOver(tx)).toEqual([]);
    now += LEASE_MS - 1;
    expect(await takeOver(tx)).toEqual([]);
    expect(removed).toEqual([]);
    now += 1;
    expect(await takeOver(tx)).toMatchObject([{ id: "7", worker: "other" }]);
    expect(removed).toEqual([["other", "6"]]);
  });

  it("is watched anew after an outage", async () => {
    const { tx } = database([{ id: "other", beats: "5" }]);
    const { takeOver, forget } = createLeases("me", LEASE_MS);
    expect(await takeOver(tx)).toEqual([]);
    now += 10 * LEASE_MS;
    forget();
    expect(await takeOver(tx)).toEqual([]);
    now += LEASE_MS;
    expect(await takeOver(tx)).toHaveLength(1);
  });

  it("without heartbeats is dead if its locks stay for a lease", async () => {
    const { tx } = database([], ["unknown"]);
    const { takeOver } = createLeases("me", LEASE_MS);
    now += LEASE_MS;
    expect(await takeOver(tx)).toEqual([]);
    now += LEASE_MS;
    expect(await takeOver(tx)).toMatchObject([{ worker: "unknown" }]);
  });
});
