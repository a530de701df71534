import type { Run } from "../../src/jobs/run-job";
import { createStrays } from "../../src/jobs/strays";
import type { Queryable } from "../../src/postgres/transactions";

/** A database in which these jobs are locked. */
function lockedJobs(...ids: string[]) {
  const handedBack: unknown[] = [];
  const query = (text: string, values: unknown[]) => {
    const isHandBack = text.startsWith("WITH");
    if (isHandBack) handedBack.push(values);
    return Promise.resolve((isHandBack ? (values[0] as string[]) : ids).map((id) => ({ id })));
  };
  return { tx: { query } as unknown as Queryable, handedBack };
}

const run = (id: string): Run => ({ id, interrupt: () => undefined, ended: Promise.resolve() });

describe("jobs that were locked, but not received", () => {
  it("are handed back once they are seen twice, but not those that run", async () => {
    const { tx, handedBack } = lockedJobs("1", "2");
    const { suspect, handBack } = createStrays(new Set([run("1")]));
    expect(await handBack(tx, "me")).toEqual([]);
    suspect();
    expect(await handBack(tx, "me")).toEqual([]);
    expect(handedBack).toEqual([]);
    expect(await handBack(tx, "me")).toEqual(["2"]);
    expect(handedBack).toEqual([[["2"], "me"]]);
    expect(await handBack(tx, "me")).toEqual([]);
  });
});
