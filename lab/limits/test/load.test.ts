// The load of the experiments with limits.
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { until } from "port-contract/harness";
import { forgedHeaders } from "../forgeries";
import { askEach, countOf, percentile, startLoad } from "../load";

const responsesAfter = (...times: number[]) => times.map((tookMs) => ({ status: 200, tookMs }));

describe("percentile", () => {
  it("returns the median, the maximum, or NaN without responses", () => {
    expect(percentile(responsesAfter(3, 1, 2), 0.5)).toBe(2);
    expect(percentile(responsesAfter(3, 1, 2), 1)).toBe(3);
    expect(percentile([], 1)).toBeNaN();
  });
});

describe("the load", () => {
  const seen: unknown[] = [];
  const server = createServer(({ headers }, res) => {
    seen.push(headers["x-forwarded-for"]);
    res.writeHead(headers["x-forwarded-for"] ? 429 : 200).end();
  });
  let url: string;
  beforeAll(async () => {
    await once(server.listen(0, "127.0.0.1"), "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  it("forges each address in each form, once", async () => {
    const forged = forgedHeaders(3);
    expect(new Set(forged.map((headers) => JSON.stringify(headers))).size).toBe(15);
    const results = await askEach([url], forged);
    expect([countOf(results, 429), countOf(results, 200)]).toEqual([6, 9]);
    expect(seen).toContain("203.0.113.2");
  });

  it("continues until it is stopped, and counts requests without a response", async () => {
    const load = startLoad([url]);
    const comes = (status: number) => until(() => countOf(load.take(), status) > 0, 60_000);
    expect(await comes(200)).toBe(true);
    server.close().closeAllConnections();
    expect(await comes(0)).toBe(true);
    await load.stop();
  });
});
