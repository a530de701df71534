// Notifications and cursors of several connections, as on a PostgreSQL server: with TEST_DATABASE_URL these run on one.
import { once } from "node:events";
import type { Client, Notification, QueryConfig } from "pg";
import { startTestPostgres, type TestPostgres } from "berth/testing";
import { changesIn } from "../../src/embedded-postgres/listen-statements";
import { provideClients } from "./clients";

let postgres: TestPostgres;
const newClient = provideClients(() => postgres.url);
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

/** Collects what a client is notified of, as `channel: payload`. */
function collect(client: Client): string[] {
  const all: string[] = [];
  client.on("notification", ({ channel, payload }) => all.push(`${channel}: ${payload}`));
  return all;
}

/** Resolves with the next notification. */
const next = async (client: Client): Promise<Notification> =>
  ((await once(client, "notification")) as [Notification])[0];

/** The process of the server that a client was told of. */
const processOf = (client: Client) => (client as unknown as { processID: number }).processID;

/** Sends a notification that all of them wait for: earlier ones have arrived by then. */
async function settle(sender: Client, ...listeners: Client[]): Promise<void> {
  for (const listener of listeners) await listener.query("LISTEN settled");
  const all = Promise.all(listeners.map(next));
  await sender.query("NOTIFY settled");
  await all;
  for (const listener of listeners) await listener.query("UNLISTEN settled");
}

describe("NOTIFY", () => {
  it("reaches all idle connections that listen, and no others", async () => {
    const [one, two, other, sender] = await Promise.all([0, 1, 2, 3].map(newClient));
    await one!.query("LISTEN news");
    await two!.query('SELECT 1; /* LISTEN "none" */ LISTEN NEWS; LISTEN "News"');
    await other!.query("LISTEN weather");
    const received = [one!, two!, other!, sender!].map(collect);
    const arrived = Promise.all([next(one!), next(two!)]);
    await sender!.query("NOTIFY news, 'a ship'");
    const [{ processId }] = await arrived;
    const arrivedAgain = next(two!);
    await sender!.query(`SELECT pg_notify('News', 'a boat')`);
    await arrivedAgain;
    expect(received).toEqual([["news: a ship"], ["news: a ship", "News: a boat"], [], []]);
    expect(processId).not.toBe(processOf(one!));
  });

  it("also reaches its sender, and tells it by its process", async () => {
    const one = await newClient();
    await one.query("LISTEN news");
    const arrived = next(one);
    await one.query("NOTIFY news, 'mine'");
    expect(await arrived).toMatchObject({
      payload: "mine",
      processId: processOf(one),
    });
  });

  it("leaves clients the process that they can ask for, as who looks for a pooler does", async () => {
    const client = await newClient();
    const { rows } = await client.query("SELECT pg_backend_pid() AS pid");
    expect(rows).toEqual([{ pid: processOf(client) }]);
  });

  it("arrives when its transaction is committed, and never if that is rolled back", async () => {
    const [listener, sender] = [await newClient(), await newClient()];
    await listener.query("LISTEN news");
    const received = collect(listener);
    await sender.query("BEGIN; NOTIFY news, 'undone'; ROLLBACK");
    await sender.query("BEGIN");
    await sender.query("NOTIFY news, 'done'");
    expect(received).toEqual([]);
    const arrived = next(listener);
    await sender.query("COMMIT");
    await arrived;
    expect(received).toEqual(["news: done"]);
  });

  it("reaches a connection that waits for its own statement meanwhile", async () => {
    const [listener, sender] = [await newClient(), await newClient()];
    await listener.query("CREATE TABLE IF NOT EXISTS ships (name text); LISTEN news");
    const received = collect(listener);
    await sender.query("BEGIN; LOCK TABLE ships; NOTIFY news, 'first'");
    const rows = listener.query(
      "SELECT generate_series(1, 3) AS n FROM (SELECT count(*) FROM ships) s",
    );
    const arrived = next(listener);
    await sender.query("COMMIT");
    await arrived;
    expect([received, (await rows).rows.length]).toEqual([["news: first"], 3]);
  });
});

describe("LISTEN", () => {
  it("counts from the commit of its transaction, and not if that is rolled back", async () => {
    const [listener, sender] = [await newClient(), await newClient()];
    await listener.query("BEGIN; LISTEN undone; ROLLBACK");
    await listener.query("BEGIN");
    await listener.query("LISTEN done");
    await listener.query("COMMIT");
    const received = collect(listener);
    await sender.query("NOTIFY undone");
    await sender.query("NOTIFY done");
    await settle(sender, listener);
    expect(received).toEqual(["done: ", "settled: "]);
  });

  it("works as a prepared statement, also the second time", async () => {
    const [listener, sender] = [await newClient(), await newClient()];
    const statement = { name: "listen", text: "LISTEN news" };
    await listener.query(statement);
    await listener.query("UNLISTEN news");
    await listener.query(statement);
    const arrived = next(listener);
    await sender.query("NOTIFY news");
    expect((await arrived).channel).toBe("news");
  });

  it.each(["UNLISTEN news", "UNLISTEN *", "DISCARD ALL"])(
    "is ended by %s, for this connection only",
    async (end) => {
      const [one, two, sender] = [await newClient(), await newClient(), await newClient()];
      await one.query("LISTEN news");
      await two.query("LISTEN news");
      await one.query(end);
      const received = [collect(one), collect(two)];
      await sender.query("NOTIFY news");
      await settle(sender, one, two);
      expect(received).toEqual([["settled: "], ["news: ", "settled: "]]);
    },
  );

  it("ends with its connection", async () => {
    const [one, two] = [await newClient(), await newClient()];
    await one.query("LISTEN news");
    await one.end();
    const received = collect(two);
    await two.query("NOTIFY news");
    await settle(two, two);
    expect(received).toEqual(["settled: "]);
  });

  it.each([
    [`LISTEN a; LISTEN "b ""c"""; listen D`, ["a", 'b "c"', "d"]],
    ["SELECT 'LISTEN a'; DO $$ LISTEN b; $$; -- LISTEN c\n LISTEN /* x */ e", ["e"]],
    [`SELECT E'\\'; LISTEN a'; SELECT ''';LISTEN b'`, []],
    [`LISTEN ${"x".repeat(70)}`, ["x".repeat(63)]],
    ["UNLISTEN *; DISCARD ALL; DISCARD PLANS; SELECT listen FROM a", [undefined, undefined]],
  ])("is found in %s", (sql, channels) => {
    expect(changesIn(sql).map(({ channel }) => channel)).toEqual(channels);
  });
});

describe("a cursor", () => {
  const numbers = (count: number) => `SELECT generate_series(1, ${count}) AS n`;

  it("of SQL is read in its transaction", async () => {
    const client = await newClient();
    await client.query(`BEGIN; DECLARE numbers CURSOR FOR ${numbers(5)}`);
    expect((await client.query("FETCH 2 FROM numbers")).rows).toEqual([{ n: 1 }, { n: 2 }]);
    expect((await client.query("FETCH ALL FROM numbers")).rows).toHaveLength(3);
    await client.query("COMMIT");
    await expect(client.query("FETCH 1 FROM numbers")).rejects.toMatchObject({ code: "34000" });
  });

  it.each(["in a transaction", "outside of one"])(
    "of the protocol is read by some rows at a time, %s",
    async (where) => {
      const client = await newClient();
      const isInTransaction = where === "in a transaction";
      if (isInTransaction) await client.query("BEGIN");
      const { rows } = await client.query({ text: numbers(5), rows: 2 } as QueryConfig);
      expect(rows).toEqual([1, 2, 3, 4, 5].map((n) => ({ n })));
      if (isInTransaction) await client.query("COMMIT");
      expect((await client.query("SELECT 1 AS n")).rows).toEqual([{ n: 1 }]);
    },
  );
});
