// LISTEN and NOTIFY: what a listener gets, and what becomes of it when the connection breaks.
import { createDatabase, type Database } from "../../src/postgres/database";
import { createTestLogger } from "../../src/testing/app";
import { startTestPostgres, type TestPostgres } from "../../src/testing/postgres";
import { runExample } from "../support/page-example";
import { startPostgresFront } from "../support/postgres-front";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

const opened: Database[] = [];
afterEach(() => Promise.all(opened.splice(0).map((database) => database.close())));

function open(url = postgres.url) {
  const { logger, log } = createTestLogger();
  const limits = { poolSize: 2, connectTimeoutMs: 60_000, statementTimeoutMs: 60_000 };
  const database = createDatabase({ url, logger, ...limits });
  opened.push(database);
  const notify = (channel: string, payload: string) =>
    database.query("SELECT pg_notify($1, $2)", [channel, payload]);
  const listen = (channel: string, signal?: AbortSignal) =>
    database.listen(channel, signal)[Symbol.asyncIterator]();
  return { database, log, notify, listen };
}

const yielded = (value: string | null) => ({ done: false, value });
const OVER = { done: true, value: undefined };
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("database.listen", () => {
  it("yields null once it listens, then the payloads of its channel", async () => {
    const { notify, listen } = open();
    const [orders, same, others] = [listen("orders"), listen("orders"), listen('"; x')];
    for (const each of [orders, same, others]) expect(await each.next()).toEqual(yielded(null));
    await notify("orders", "7");
    await notify('"; x', "");
    expect(await orders.next()).toEqual(yielded("7"));
    expect(await same.next()).toEqual(yielded("7"));
    expect(await others.next()).toEqual(yielded(""));
    const late = listen("orders");
    expect(await late.next()).toEqual(yielded(null));
  });

  it("yields what a transaction sends when it is committed", async () => {
    const { database, listen } = open();
    const orders = listen("orders");
    await orders.next();
    const next = orders.next();
    const isSent = await database.transaction(async (tx) => {
      await tx.query("NOTIFY orders, 'inside'");
      return Promise.race([next.then(() => true), tx.query("SELECT 1").then(() => false)]);
    });
    expect([isSent, await next]).toEqual([false, yielded("inside")]);
  });

  it("ends with its signal, its loop and its database", async () => {
    const { database, listen, notify } = open();
    const stop = new AbortController();
    const [stopped, left, kept] = [listen("a", stop.signal), listen("a"), listen("b")];
    for (const each of [stopped, left, kept]) await each.next();
    const next = stopped.next();
    stop.abort();
    expect(await next).toEqual(OVER);
    expect(await listen("a", stop.signal).next()).toEqual(OVER);
    await left.return?.();
    expect(await left.next()).toEqual(OVER);
    await notify("b", "still");
    expect(await kept.next()).toEqual(yielded("still"));
    const last = kept.next();
    await database.close();
    expect(await last).toEqual(OVER);
  });

  it("listens to a channel again that the last listener has left", async () => {
    const { listen, notify } = open();
    const other = listen("b");
    await other.next();
    const first = listen("a");
    await first.next();
    await first.return?.();
    const second = listen("a");
    expect(await second.next()).toEqual(yielded(null));
    await notify("a", "7");
    expect(await second.next()).toEqual(yielded("7"));
    await Promise.all([second.return?.(), other.return?.()]);
    expect(await listen("a").next()).toEqual(yielded(null));
  });

  it("is the source of events as docs/database.md shows it", async () => {
    const { database, notify } = open();
    type Watch = (from: Database, signal: AbortSignal) => AsyncIterator<object>;
    const { watchOrders } = await runExample<{ watchOrders: Watch }>(
      "database.md",
      "watchOrders",
      {},
      "watchOrders",
    );
    const draining = new AbortController();
    const events = watchOrders(database, draining.signal);
    expect(await events.next()).toMatchObject({ value: { event: "reload", data: {} } });
    await notify("orders", "7");
    expect(await events.next()).toMatchObject({ value: { event: "changed", data: { id: "7" } } });
    draining.abort();
    expect(await events.next()).toEqual(OVER);
  });

  it("connects again after an outage, yields null, and logs both once", async () => {
    const front = await startPostgresFront(new URL(postgres.url), {});
    const url = Object.assign(new URL(postgres.url), { hostname: "localhost", port: front.port });
    const { log, listen, notify } = open(`${url.href.replace(/\?.*$/, "")}?sslmode=disable`);
    const orders = listen("orders");
    await orders.next();
    front.interrupt();
    while (log.length === 0) await turn();
    front.resume();
    expect(await orders.next()).toEqual(yielded(null));
    await notify("orders", "after");
    expect(await orders.next()).toEqual(yielded("after"));
    const about = log.filter(({ msg }) => String(msg).startsWith("notifications"));
    expect(about.map(({ level, msg }) => [level, msg])).toEqual([
      ["warn", "notifications of the database are not received"],
      ["info", "notifications of the database are received again"],
    ]);
    await opened.pop()?.close();
    await front.close();
  });

  it("is closed at once while the database is away", async () => {
    const { database, log, listen } = open("postgres://127.0.0.1:1/db?sslmode=disable");
    const next = listen("orders").next();
    while (log.length === 0) await turn();
    await database.close();
    expect(await next).toEqual(OVER);
  });

  it("yields null instead of payloads that were not read in time", async () => {
    const { database, listen, notify } = open();
    const orders = listen("orders");
    await orders.next();
    await database.query("SELECT pg_notify('orders', n::text) FROM generate_series(1, 1001) n");
    const other = listen("other");
    await other.next();
    expect(await orders.next()).toEqual(yielded(null));
    await notify("orders", "next");
    expect(await orders.next()).toEqual(yielded("next"));
  });

  it.each(["", "x".repeat(64), "é".repeat(32)])("throws for the channel %j", (channel) => {
    expect(() => open().database.listen(channel)).toThrow(TypeError);
  });
});
