// What clients, clocks and scrapers may do to the metrics of a process.
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import request from "supertest";
import { atEnd, createTestLogger } from "berth/testing";
import { counter, gauge } from "../src";
import { createEndpoint } from "../src/metrics/endpoint";
import type { Snapshot } from "../src/metrics/snapshot";
import { endObserving, observedApp, TOKEN } from "./support/observed";

afterEach(async () => {
  jest.restoreAllMocks();
  await endObserving();
});

const visits = counter("visits_total", "Visits.", ["page", "from"]);
const depth = gauge("queue_depth", "Depth.", ["queue"]);

describe("label values", () => {
  it.each([
    ["a megabyte", "x".repeat(1_000_000), "x".repeat(128)],
    ["quotes", 'a"b', 'a\\"b'],
    ["backslashes", "a\\b\\n", "a\\\\b\\\\n"],
    ["newlines", "a\nb\r\nc", "a\\nb\r\\nc"],
    ["an injected line", '"} 1\nvisits_total{page="', '\\"} 1\\nvisits_total{page=\\"'],
    ["half a character", "a\ud800", "a\ufffd"],
  ])("of %s stay in their line", async (_what, given, shown) => {
    const { metric } = await observedApp();
    visits.add({ page: given, from: "" });
    expect(await metric("visits_total")).toEqual([`visits_total{page="${shown}",from=""} 1`]);
  });

  it("that differ only in what cannot be encoded are one series, and any others are two", async () => {
    const { metric } = await observedApp();
    visits.add({ page: "\ud800", from: "" });
    visits.add({ page: "\ud801", from: "" });
    visits.add({ page: "a\0", from: "b" });
    visits.add({ page: "a", from: "\0b" });
    expect((await metric("visits_total")).sort()).toEqual(
      [
        'visits_total{page="a\ufffd",from="b"} 1',
        'visits_total{page="a",from="\ufffdb"} 1',
        'visits_total{page="\ufffd",from=""} 2',
      ].sort(),
    );
  });

  it("of a million sets keep 2000 of them in memory, and the log says so once", async () => {
    const { metric, log } = await observedApp();
    const before = usedBytes();
    for (let i = 0; i < 1_000_000; i++) {
      visits.add({ page: `/orders/${i}/${"x".repeat(200)}`, from: "" });
    }
    // A million sets of that size would take more than 300 MB.
    expect(usedBytes() - before).toBeLessThan(20_000_000);
    const lines = await metric("visits_total");
    expect(lines).toHaveLength(2001);
    expect(lines).toContain('visits_total{page="_OTHER",from="_OTHER"} 998000');
    expect(log).toEqual([expect.objectContaining({ level: "warn", metric: "visits_total" })]);
  });

  it("that are not numbers, texts or booleans harm nobody", async () => {
    const { metric } = await observedApp();
    for (const page of [undefined, null, Symbol("s"), 7n]) {
      visits.add({ page, from: true } as never);
    }
    depth.set(Infinity, { queue: "a" });
    depth.set(3, { queue: "b", other: 1 } as never);
    expect(await metric("visits_total")).toEqual([
      'visits_total{page="",from="true"} 2',
      'visits_total{page="Symbol(s)",from="true"} 1',
      'visits_total{page="7",from="true"} 1',
    ]);
    expect(await metric("queue_depth")).toEqual(['queue_depth{queue="b"} 3']);
  });
});

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function usedBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe("a clock that is set", () => {
  const DAY_MS = 86_400_000;

  it.each([
    ["back", -DAY_MS],
    ["forward", DAY_MS],
  ])(
    "%s during a request changes neither its duration nor the start of the process",
    async (_way, ms) => {
      const { app, metric } = await observedApp((router) =>
        router.get("/boats", (_req, res) => {
          const now = Date.now;
          jest.spyOn(Date, "now").mockImplementation(() => now() + ms);
          res.end();
        }),
      );
      const [started] = await metric("process_start_time_seconds");
      await request(app).get("/boats").expect(200);
      const [sum = ""] = (await metric("http_server_request_duration_seconds_sum")).filter((line) =>
        line.includes("/boats"),
      );
      const seconds = Number(sum.split(" ").at(-1));
      expect([seconds > 0, seconds < DAY_MS / 1000]).toEqual([true, true]);
      expect(await metric("process_start_time_seconds")).toEqual([started]);
      const startedAt = Number(started?.split(" ").at(-1)) * 1000;
      expect(Math.abs(performance.timeOrigin - startedAt)).toBeLessThan(2000);
    },
  );
});

/** Serves a function on a free port. @returns What fetches a scrape. */
async function serveScrapes(handler: RequestListener) {
  const server = createServer(handler).listen(0, "127.0.0.1");
  atEnd(() => new Promise((resolve) => server.close(resolve)));
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const headers = { Authorization: `Bearer ${TOKEN}`, Connection: "close" };
  const scrape = async (signal?: AbortSignal) => {
    const res = await fetch(`http://127.0.0.1:${port}/metrics`, { headers, signal });
    return [res.status, await res.text()] as const;
  };
  return { server, scrape };
}

describe("two scrapes", () => {
  it("at once share a collection, also one that fails; the next one begins another", async () => {
    const { logger, log } = createTestLogger();
    const collections: { resolve: (all: Snapshot) => void; reject: (err: Error) => void }[] = [];
    const collect = () =>
      new Promise<Snapshot>((resolve, reject) => void collections.push({ resolve, reject }));
    const respond = createEndpoint({ token: TOKEN, collect, logger });
    let arrived = 0;
    let onTwo: () => void = () => undefined;
    const { scrape } = await serveScrapes((req, res) => {
      void respond(req, res);
      if (++arrived % 2 === 0) onTwo();
    });
    const twice = async () => {
      const both = new Promise<void>((resolve) => (onTwo = resolve));
      const scrapes = Promise.all([scrape(), scrape()]);
      await both;
      return () => scrapes;
    };
    const first = await twice();
    expect(collections).toHaveLength(1);
    collections[0]?.reject(new Error("boom"));
    expect((await first()).map(([status]) => status)).toEqual([500, 500]);
    expect(log).toMatchObject([1, 2].map(() => ({ level: "error", err: { message: "boom" } })));
    const second = await twice();
    expect(collections).toHaveLength(2);
    collections[1]?.resolve([]);
    expect((await second()).map(([status]) => status)).toEqual([200, 200]);
  });

  it("one after the other, between which nothing was measured, have no values that are none", async () => {
    const { metric } = await observedApp();
    const both = [...(await metric("nodejs_")), ...(await metric("nodejs_"))];
    const values = both.map((line) => Number(line.slice(line.lastIndexOf(" "))));
    expect(values.filter((value) => Number.isNaN(value))).toEqual([]);
    expect(both.filter((line, i) => /_lag_/.test(line) && values[i]! > 1e6)).toEqual([]);
  });
});

it("responds to the next scrape after one that was aborted, and logs no error", async () => {
  const { app, log } = await observedApp();
  const { server, scrape } = await serveScrapes(app);
  const abort = new AbortController();
  server.once("request", () => abort.abort());
  await expect(scrape(abort.signal)).rejects.toThrow(/aborted/);
  const [status, text] = await scrape();
  expect(status).toBe(200);
  expect(text).toContain("\nberth_draining 0\n");
  expect(log.filter(({ level }) => level === "error")).toEqual([]);
});
