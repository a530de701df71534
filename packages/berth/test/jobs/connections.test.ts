import type { Client } from "pg";
import { createPool } from "../../src/jobs/connections";
import type { ConnectionPool } from "../../src/postgres/connection-pool";

const broken = () => Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
const wrong = () => Object.assign(new Error("no such table"), { code: "42P01", severity: "ERROR" });

/** A pool whose connections give these results, one after the other, and what was released intact. */
function pool(results: (Error | string)[]) {
  const released: boolean[] = [];
  const unknown = jest.fn();
  const client = {
    query: () => {
      const result = results.shift();
      return result instanceof Error ? Promise.reject(result) : Promise.resolve(result);
    },
  } as unknown as Client;
  const connections = {
    acquire: () => client,
    release: (_client: Client, isIntact: boolean) => void released.push(isIntact),
  } as unknown as ConnectionPool;
  const created = createPool(connections, () => Promise.resolve(client), unknown);
  return { ...created, connect: () => created.connect(), released, unknown };
}

const complete = "delete from jobs";
const lock = "update jobs set attempts = jobs.attempts + 1";

describe("the pool of graphile-worker", () => {
  it("repeats a statement on another connection when one breaks", async () => {
    const { connect, released, unknown } = pool([broken(), broken(), "done"]);
    const client = await connect();
    expect(await client.query({ text: complete })).toBe("done");
    client.release();
    expect(released).toEqual([false, false, true]);
    expect(unknown).not.toHaveBeenCalled();
  });

  it("does not repeat the one that locks jobs, and says that it is unknown what it did", async () => {
    const { connect, released, unknown } = pool([broken(), "done"]);
    const client = await connect();
    await expect(client.query({ text: lock })).rejects.toThrow("ECONNRESET");
    client.release();
    expect(released).toEqual([false]);
    expect(unknown).toHaveBeenCalledTimes(1);
  });

  it.each([complete, lock])("passes on that a statement is wrong: %s", async (text) => {
    const { connect, released, unknown } = pool([wrong(), "done"]);
    const client = await connect();
    await expect(client.query({ text })).rejects.toThrow("no such table");
    client.release();
    expect(released).toEqual([true]);
    expect(unknown).not.toHaveBeenCalled();
  });

  it("repeats nothing once it is stopped", async () => {
    const { connect, stop } = pool([broken(), "done"]);
    const client = await connect();
    stop();
    await expect(client.query({ text: complete })).rejects.toThrow("ECONNRESET");
  });
});
