// What connections to the embedded PostgreSQL wait for: advisory locks and transactions.
import { once } from "node:events";
import { Client } from "pg";
import { type EmbeddedPostgres, spawnEmbeddedPostgres } from "berth/testing";
import { provideClients } from "../embedded-postgres/clients";

let postgres: EmbeddedPostgres;
const newClient = provideClients(() => postgres.url);

/** The first value of the first row. */
async function ask(client: Client, sql: string, values?: unknown[]): Promise<unknown> {
  const { rows } = await client.query<unknown[]>({ text: sql, values, rowMode: "array" });
  return rows[0]?.[0];
}

/** Whether the response has arrived by the time that another connection has received twenty. */
async function isWaiting(result: Promise<unknown>): Promise<boolean> {
  let isPending = true;
  const done = () => (isPending = false);
  result.then(done, done);
  const other = await newClient();
  for (let n = 0; n < 20; n += 1) await other.query("SELECT 1");
  return isPending;
}

describe("an advisory lock of the embedded PostgreSQL", () => {
  beforeAll(async () => {
    postgres = await spawnEmbeddedPostgres({ DATA_DIR: "memory://" });
  });
  afterAll(async () => {
    await postgres.stop("SIGTERM");
  });

  it("makes another connection wait until it is released, and blocks no other query", async () => {
    const [one, two] = [await newClient(), await newClient()];
    await one.query("SELECT pg_advisory_lock(1)");
    const locked = two.query("SELECT pg_advisory_lock(1)");
    expect(await isWaiting(locked)).toBe(true);
    expect(await ask(one, "SELECT pg_advisory_unlock(1)")).toBe(true);
    await locked;
    expect(await ask(one, "SELECT pg_try_advisory_lock(1)")).toBe(false);
  });

  it("goes to one of many connections that request it at once, and then to the next", async () => {
    const work = async (client: Client) => {
      await client.query("SELECT pg_advisory_lock(2)");
      const isFirst = await ask(client, "SELECT to_regclass('worked') IS NULL");
      if (isFirst) await client.query("CREATE TABLE worked (name text)");
      await client.query("SELECT pg_advisory_unlock(2)");
      return isFirst;
    };
    const all = await Promise.all([newClient(), newClient(), newClient(), newClient()]);
    const first = await Promise.all(all.map(work));
    expect(first.filter(Boolean)).toHaveLength(1);
  });

  it.each([
    ["SELECT pg_try_advisory_lock(-3)", "pg_advisory_lock(-3)", false],
    ["SELECT pg_try_advisory_xact_lock(-3)", "pg_advisory_lock(-3)", false],
    ["SELECT pg_try_advisory_lock_shared(-3)", "pg_advisory_lock(-3)", false],
    ["SELECT pg_try_advisory_lock(-3)", "pg_advisory_lock_shared(-3)", false],
    ["SELECT pg_try_advisory_lock_shared(-3)", "pg_advisory_lock_shared(-3)", true],
    ["SELECT pg_try_advisory_lock(4)", "pg_advisory_lock(-3)", true],
    ["SELECT pg_try_advisory_lock(-1, 3)", "pg_advisory_lock(-1, 3)", false],
    ["SELECT pg_try_advisory_lock(3, -1)", "pg_advisory_lock(-1, 3)", true],
    ["SELECT pg_try_advisory_lock(0, 3)", "pg_advisory_lock(3)", true],
    ["SELECT pg_advisory_unlock(-3)", "pg_advisory_lock(-3)", false],
    [
      "SELECT pg_try_advisory_lock(-9223372036854775808)",
      "pg_advisory_lock(-9223372036854775808)",
      false,
    ],
  ])("responds to %s after another connection's %s with %s", async (sql, held, expected) => {
    const [one, two] = [await newClient(), await newClient()];
    await one.query(`SELECT ${held}`);
    expect(await ask(two, sql)).toBe(expected);
  });

  it("is counted, and kept during the turns of others", async () => {
    const [one, two] = [await newClient(), await newClient()];
    await one.query("SELECT pg_advisory_lock(5), pg_advisory_lock(5)");
    const results: unknown[] = [];
    for (let n = 0; n < 3; n += 1) {
      results.push(await ask(two, "SELECT pg_try_advisory_lock(5)"));
      results.push(await ask(one, "SELECT pg_advisory_unlock(5)"));
    }
    expect(results).toEqual([false, true, false, true, true, false]);
  });

  it("is released when its connection ends", async () => {
    const [one, two] = [await newClient(), await newClient()];
    await one.query("SELECT pg_advisory_lock(6)");
    const locked = two.query("SELECT pg_advisory_lock(6)");
    expect(await isWaiting(locked)).toBe(true);
    await one.end();
    await locked;
  });

  it("makes a prepared statement with parameters wait too", async () => {
    const [one, two] = [await newClient(), await newClient()];
    await one.query("SELECT pg_advisory_lock(7)");
    const statement = { name: "lock", text: "SELECT pg_advisory_lock($1)", values: [7] };
    const locked = two.query(statement);
    expect(await isWaiting(locked)).toBe(true);
    await one.query("SELECT pg_advisory_unlock(7)");
    await locked;
    await two.query(statement);
  });

  it("cannot be waited for in a transaction, as that would block all others", async () => {
    const [one, two] = [await newClient(), await newClient()];
    await one.query("SELECT pg_advisory_lock(8)");
    await two.query("BEGIN");
    const locked = two.query("SELECT pg_advisory_xact_lock(8)");
    await expect(locked).rejects.toMatchObject({ code: "55P03" });
  });

  it("sends no notice to the client", async () => {
    const one = await newClient();
    const notices: unknown[] = [];
    one.on("notice", (notice) => notices.push(notice));
    await one.query("SELECT pg_advisory_lock(9)");
    expect(await ask(one, "SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory'")).toBe(
      1,
    );
    expect(notices).toEqual([]);
  });

  it("does not keep the server from stopping when two connections deadlock", async () => {
    const { url, stop } = await spawnEmbeddedPostgres({ DATA_DIR: "memory://" });
    const pair = [1, 2].map(() => new Client({ connectionString: url }));
    pair.forEach((client) => client.on("error", () => {}));
    const ended = pair.map((client) => new Promise<void>((resolve) => client.once("end", resolve)));
    for (const [n, client] of pair.entries()) {
      await client.connect();
      await client.query(`SELECT pg_advisory_lock(${n})`);
    }
    for (const [n, client] of pair.entries()) {
      client.query(`SELECT pg_advisory_lock(${1 - n})`).catch(() => {});
    }
    expect(await stop("SIGTERM")).toEqual({ code: 0, signal: null });
    await Promise.all(ended);
  });
});

describe("an idle transaction on the embedded PostgreSQL", () => {
  beforeAll(async () => {
    postgres = await spawnEmbeddedPostgres({
      DATA_DIR: "memory://",
      // Longer than a busy machine can stall.
      IDLE_IN_TRANSACTION_TIMEOUT_MS: "2000",
    });
  });
  afterAll(async () => {
    await postgres.stop("SIGTERM");
  });

  it("is rolled back, and its connection closed, when others wait", async () => {
    const [one, two] = [await newClient(), await newClient()];
    await one.query("CREATE TABLE idle (name text)");
    await one.query("BEGIN");
    await one.query("INSERT INTO idle VALUES ('one')");
    const ended = once(one, "error");
    expect(await ask(two, "SELECT count(*)::int FROM idle")).toBe(0);
    expect((await ended)[0]).toMatchObject({ code: "25P03" });
  });

  it("stays when no other connection waits, and while it is active", async () => {
    const [one, two] = [await newClient(), await newClient()];
    await one.query("CREATE TABLE busy (name text)");
    await one.query("BEGIN");
    await one.query("INSERT INTO busy VALUES ('one')");
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const counted = ask(two, "SELECT count(*)::int FROM busy");
    for (const until = performance.now() + 3000; performance.now() < until;) {
      await one.query("SELECT pg_sleep(0.01)");
    }
    await one.query("COMMIT");
    expect(await counted).toBe(1);
  });
});
