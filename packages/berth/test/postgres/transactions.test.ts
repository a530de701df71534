import type { Database } from "../../src/postgres/database";
import { type Transaction, TransactionError } from "../../src/postgres/transactions";
import { BackingServiceUnavailable } from "../../src/backing/unavailable";
import { isCheckViolation } from "../../src/postgres/violations";
import { attach, POOL_SIZE } from "../support/database";
import { type FakePostgres, startFakePostgres } from "../support/fake-postgres";
import { startTestPostgres, type TestPostgres } from "../../src/testing/postgres";

let postgres: TestPostgres;
let database: Database;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = attachPatiently();
  await database.query(
    "CREATE TABLE stock (item text PRIMARY KEY, left_over int CHECK (left_over >= 0))",
  );
});
afterAll(async () => {
  await database.close();
  await postgres.stop();
});
beforeEach(() => database.query("INSERT INTO stock VALUES ('rope', 8)"));
afterEach(() => database.query("DELETE FROM stock"));

/** A timeout that no test waits for. */
const attachPatiently = () => attach(postgres.url, 60_000);

const add = (to: Pick<Transaction, "query">, item: string) =>
  to.query("INSERT INTO stock VALUES ($1, 1)", [item]);
const items = async () =>
  (await database.query<{ item: string }>("SELECT item FROM stock ORDER BY item")).map(
    ({ item }) => item,
  );
/** Fails as the server does after a serialization failure. */
const lose = (tx: Transaction, sqlstate: string) =>
  tx.query(`DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '${sqlstate}'; END $$`);

describe("a transaction", () => {
  it("commits all of its statements, and resolves with the result of its work", async () => {
    const result = await database.transaction(async (tx) => {
      await add(tx, "anchor");
      await add(tx, "buoy");
      return "kept";
    });
    expect([result, await items()]).toEqual(["kept", ["anchor", "buoy", "rope"]]);
  });

  it("rolls back when its work rejects, with any error", async () => {
    const changedItsMind = database.transaction(async (tx) => {
      await add(tx, "anchor");
      throw new RangeError("changed its mind");
    });
    await expect(changedItsMind).rejects.toThrow(new RangeError("changed its mind"));
    expect(await items()).toEqual(["rope"]);
  });

  it("takes no more from a stock than there is, with concurrent transactions", async () => {
    await database.query("CREATE TABLE orders (item text)");
    const order = () =>
      database.transaction(async (tx) => {
        await tx.query("UPDATE stock SET left_over = left_over - 1 WHERE item = 'rope'");
        await tx.query("INSERT INTO orders VALUES ('rope')");
      });
    const results = await Promise.allSettled(Array.from({ length: 30 }, order));
    const [{ count } = {}] = await database.query("SELECT count(*)::int FROM orders");
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(8);
    expect(count).toBe(8);
    for (const result of results.filter(({ status }) => status === "rejected")) {
      expect(isCheckViolation((result as PromiseRejectedResult).reason)).toBe(true);
    }
  });

  it("has the isolation level of its options", async () => {
    const level = await database.transaction((tx) => tx.query("SHOW transaction_isolation"), {
      isolation: "serializable",
    });
    expect(level).toEqual([{ transaction_isolation: "serializable" }]);
  });

  it("has the statement timeout as its idle timeout", async () => {
    const limit = await database.transaction((tx) =>
      tx.query("SHOW idle_in_transaction_session_timeout"),
    );
    expect(limit).toEqual([{ idle_in_transaction_session_timeout: "1min" }]);
    expect(await database.query("SHOW idle_in_transaction_session_timeout")).not.toEqual(limit);
  });

  it.each(["40001", "40P01"])("is retried after %s when the options say so", async (sqlstate) => {
    let tries = 0;
    const loseTwice = async (tx: Transaction) => {
      await add(tx, `try ${++tries}`);
      if (tries < 3) await lose(tx, sqlstate);
      return tries;
    };
    expect(await database.transaction(loseTwice, { retries: 2 })).toBe(3);
    expect(await items()).toEqual(["rope", "try 3"]);
    tries = 0;
    await expect(database.transaction(loseTwice, { retries: 1 })).rejects.toBeInstanceOf(
      BackingServiceUnavailable,
    );
    expect(tries).toBe(2);
  });

  it("is not retried after any other error", async () => {
    let tries = 0;
    const wrong = database.transaction(
      (tx) => {
        tries++;
        return tx.query("SELECT nonsense");
      },
      { retries: 5 },
    );
    await expect(wrong).rejects.toMatchObject({ code: "42703" });
    expect(tries).toBe(1);
  });

  it("is rolled back when a statement was not awaited", async () => {
    const forgetful = database.transaction(async (tx) => {
      void add(tx, "anchor");
      await Promise.resolve();
    });
    await expect(forgetful).rejects.toThrow(/^A statement is still running: await each/);
    expect(await items()).toEqual(["rope"]);
  });

  it("survives a forgotten statement that fails", async () => {
    const forgetful = database.transaction(async (tx) => {
      void tx.query("SELECT nonsense");
      await Promise.resolve();
    });
    await expect(forgetful).rejects.toBeInstanceOf(TransactionError);
    expect(await items()).toEqual(["rope"]);
  });

  it("accepts no statement once it is over", async () => {
    const kept = await database.transaction((tx) => Promise.resolve(tx));
    await expect(add(kept, "anchor")).rejects.toThrow(/^The transaction is over/);
    expect(await items()).toEqual(["rope"]);
  });

  it("is rolled back when the error of a statement was swallowed", async () => {
    const swallowing = database.transaction(async (tx) => {
      await add(tx, "anchor");
      await add(tx, "rope").catch(() => undefined);
    });
    await expect(swallowing).rejects.toMatchObject({
      name: "TransactionError",
      message: expect.stringContaining("tx.transaction()") as string,
      cause: { code: "23505" },
    });
    expect(await items()).toEqual(["rope"]);
  });

  it.each(["COMMIT", "ROLLBACK"])("refuses %s as a statement", async (statement) => {
    const meddling = database.transaction(async (tx) => {
      await add(tx, "anchor");
      await tx.query(statement);
      await add(tx, "buoy");
    });
    await expect(meddling).rejects.toThrow(/^A statement ended the transaction/);
    expect(await items()).not.toContain("buoy");
  });

  it("can roll back a part alone", async () => {
    await database.transaction(async (tx) => {
      const twice = tx.transaction(async (part) => {
        await add(part, "anchor");
        await part.transaction((inner) => add(inner, "buoy"));
        await add(part, "rope");
      });
      await expect(twice).rejects.toMatchObject({ code: "23505" });
      await tx.transaction((part) => add(part, "chain"));
    });
    expect(await items()).toEqual(["chain", "rope"]);
  });

  it("releases its connection, however it ends", async () => {
    const fates = Array.from({ length: 3 * POOL_SIZE }, (_, i) =>
      database
        .transaction(async (tx) => {
          if (i % 3 === 0) throw new Error("no");
          await tx.query(i % 3 === 1 ? "SELECT nonsense" : "SELECT 1");
        })
        .catch(() => undefined),
    );
    await Promise.all(fates);
    await Promise.all(Array.from({ length: POOL_SIZE }, () => database.query("SELECT 1")));
  });

  it("times out when all connections wait for one in use", async () => {
    // Much less than the idle timeout of a transaction, as with the defaults.
    const few = attach(postgres.url, 2000, 300);
    const held = Array.from({ length: POOL_SIZE }, () =>
      few.transaction(async (tx) => {
        await tx.query("SELECT 1");
        await few.transaction((other) => other.query("SELECT 1"));
      }),
    );
    const results = await Promise.allSettled(held);
    // The first one that times out releases its connection to the others.
    expect(results.filter(({ status }) => status === "rejected").length).toBeGreaterThan(0);
    for (const result of results) {
      if (result.status === "fulfilled") continue;
      expect(result.reason).toBeInstanceOf(BackingServiceUnavailable);
    }
    const untilResponsive = (): Promise<unknown> =>
      few.query("SELECT 1 AS one").catch(untilResponsive);
    expect(await untilResponsive()).toEqual([{ one: 1 }]);
    await few.close();
  });

  it("finishes before the database is closed", async () => {
    const other = attachPatiently();
    await new Promise<void>((resolve, reject) => {
      const slow = other.transaction(async (tx) => {
        await add(tx, "anchor");
        resolve();
        for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
        await add(tx, "buoy");
      });
      slow.catch(reject);
    });
    await other.close();
    expect(await items()).toEqual(["anchor", "buoy", "rope"]);
  });

  it("stays correct when many that read before they write collide", async () => {
    const takeOne = async (tx: Transaction) => {
      const [{ left = 0 } = {}] = await tx.query<{ left: number }>(
        `SELECT left_over AS "left" FROM stock WHERE item = 'rope'`,
      );
      await tx.query("UPDATE stock SET left_over = $1 WHERE item = 'rope'", [left - 1]);
    };
    await Promise.all(
      Array.from({ length: 8 }, () =>
        database.transaction(takeOne, { isolation: "serializable", retries: 20 }),
      ),
    );
    expect(await database.query("SELECT left_over FROM stock")).toEqual([{ left_over: 0 }]);
  });
});

describe("a transaction that is idle for too long", () => {
  let fake: FakePostgres;
  let other: Database;
  beforeEach(async () => {
    fake = await startFakePostgres();
    other = attach(fake.url, 60_000);
  });
  afterEach(async () => {
    await fake.close();
    await other.close();
  });
  const idled = {
    name: "TransactionError",
    message: expect.stringMatching(
      /^The transaction was idle for too long .* nothing was committed/,
    ) as string,
    cause: { code: "25P03" },
  };
  const never = () => new Promise<never>(() => undefined);

  it("ends although its work never does, releases its connection, and accepts no statement", async () => {
    const open: Transaction[] = [];
    const ended = Array.from({ length: POOL_SIZE }, () =>
      other.transaction(async (tx) => {
        await tx.query("SELECT 1");
        if (open.push(tx) === POOL_SIZE) fake.end("25P03");
        return never();
      }),
    );
    for (const result of await Promise.allSettled(ended)) {
      expect(result).toMatchObject({ reason: idled });
    }
    for (const tx of open)
      await expect(tx.query("SELECT 'late'")).rejects.toThrow(/idle for too long/);
    expect(await other.query("SELECT 1")).toEqual([]);
    expect(fake.statements).not.toContain("SELECT 'late'");
  });

  it.each(["SELECT 1", "COMMIT"])("reports it when the server does so only at %s", async (last) => {
    fake.respond = (sql) => (sql === last ? { sqlState: "25P03", isFatal: true } : []);
    const idling = other.transaction((tx) => tx.query("SELECT 1"));
    await expect(idling).rejects.toMatchObject(idled);
  });

  it("is retryable when its connection was ended for another reason", async () => {
    const ended = other.transaction(async (tx) => {
      await tx.query("SELECT 1");
      fake.end("57P01");
      return never();
    });
    await expect(ended).rejects.toBeInstanceOf(BackingServiceUnavailable);
  });

  // The embedded server ends no idle transaction while no other client is waiting.
  (process.env.TEST_DATABASE_URL ? it : it.skip)("is rolled back", async () => {
    const hasty = attach(postgres.url, 200);
    const idling = hasty.transaction(async (tx) => {
      await add(tx, "anchor");
      return never();
    });
    await expect(idling).rejects.toMatchObject(idled);
    expect(await items()).toEqual(["rope"]);
    await hasty.close();
  });
});

describe("a transaction through query()", () => {
  it("is refused with the cure, and affects no other statement", async () => {
    await expect(database.query("BEGIN")).rejects.toThrow(/use transaction\(\)/);
    await Promise.all(Array.from({ length: POOL_SIZE }, () => database.query("SELECT 1")));
    await add(database, "anchor");
    await database.query("ROLLBACK");
    expect(await items()).toEqual(["anchor", "rope"]);
  });
});
