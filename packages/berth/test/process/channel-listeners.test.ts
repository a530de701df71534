// What listeners get and may do beyond reading an event's fields.
import { AsyncLocalStorage } from "node:async_hooks";
import { EventEmitter, once } from "node:events";
import request from "supertest";
import * as v from "valibot";
import { createConnectionPool } from "../../src/postgres/connection-pool";
import * as channels from "../../src/process/channels";
import { createTestApp } from "../../src/testing/app";
import { attach, startService } from "../support/stock-service";

it("publishes the end of a request with the object of its start, and runs the rest as a listener surrounds it", async () => {
  const seen: object[] = [];
  const context = new AsyncLocalStorage<string>();
  const onStart = (event: channels.RequestEvent) => {
    seen.push(event);
    event.around = (work) => context.run("surrounded", work);
  };
  const onEnd = (event: object) => void seen.push(event);
  channels.requestStart.subscribe(onStart);
  channels.requestEnd.subscribe(onEnd);
  let inRoute: string | undefined;
  let closed: Promise<unknown> | undefined;
  const { app } = createTestApp((router) => {
    router.get("/boats", (_req, res) => {
      inRoute = context.getStore();
      closed = once(res, "close");
      res.end();
    });
  });
  await request(app).get("/boats");
  await closed;
  channels.requestStart.unsubscribe(onStart);
  channels.requestEnd.unsubscribe(onEnd);
  expect(inRoute).toBe("surrounded");
  expect(seen).toHaveLength(2);
  expect(seen[0]).toBe(seen[1]);
});

it("sends the headers that a listener adds to an attempt", async () => {
  const onStart = ({ headers: added }: channels.AttemptEvent) => void (added["x-added"] = "1");
  channels.attemptStart.subscribe(onStart);
  let received: unknown;
  const { url } = await startService((req, res) => {
    received = req.headers["x-added"];
    res.writeHead(200, { "Content-Type": "application/json" }).end("{}");
  });
  await attach(url).client.call({ method: "GET", path: "/", response: v.object({}) });
  channels.attemptStart.unsubscribe(onStart);
  expect(received).toBe("1");
});

it("has what a pool counts, until the pool is closed", async () => {
  let created: channels.PoolEvent | undefined;
  const onPool = (pool: channels.PoolEvent) => void (created = pool);
  channels.poolCreated.subscribe(onPool);
  const client = Object.assign(new EventEmitter(), { end: () => Promise.resolve() }) as never;
  const connect = () => Promise.resolve(client);
  const pool = createConnectionPool({ size: 1, waitMs: 60_000, connect, onIdleError: jest.fn() });
  channels.poolCreated.unsubscribe(onPool);
  await pool.acquire();
  const second = pool.acquire();
  expect(created?.stats()).toEqual({ size: 1, open: 1, idle: 0, waiting: 1 });
  pool.release(client, true);
  await second;
  pool.release(client, true);
  expect(created?.stats()).toEqual({ size: 1, open: 1, idle: 1, waiting: 0 });
  await pool.close();
  expect(created?.stats()).toBeUndefined();
});
