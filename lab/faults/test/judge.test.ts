// The judgement of a fault, and its row in the table.
import type { RequestResult } from "../ask";
import type { Fault } from "../catalogue";
import { judge } from "../judge";
import { type Observations, toRow } from "../observations";

const FAULT: Fault = {
  setUp: () => Promise.reject(new Error("not for this")),
  status: 503,
  detail: "is not available",
  retryAfter: /^5$/,
};

const refused: RequestResult = {
  status: 503,
  headers: { "content-type": "application/problem+json; charset=utf-8", "retry-after": "5" },
  body: { detail: "The stock service is not available at the moment.", requestId: "r1" },
  tookMs: 4000,
};
const usage = { heapUsed: 10 * 2 ** 20, rss: 80 * 2 ** 20, sockets: 5 };

const GOOD: Observations = {
  ...{ first: refused, post: refused, many: [refused, refused] },
  ...{ getsArrived: 0, postsArrived: 1, sentBytes: 2_000_000 },
  log: [
    { level: "warn", msg: "stock is not responding" },
    { level: "error", msg: "request failed", requestId: "r1" },
    { level: "error", msg: "request failed", requestId: "r2" },
    { level: "info", msg: "stock is responding again: circuit breaker closed" },
  ],
  ...{ before: usage, after: usage, mayRecover: true, recoveredAfterMs: 250, otherErrors: [] },
};

const firstIs = (of: Partial<RequestResult>): Partial<Observations> => ({
  first: { ...refused, ...of },
});

describe("judge", () => {
  it("accepts the expected observations", () => {
    expect(judge("refuses", FAULT, GOOD)).toEqual([]);
  });

  it.each<[Partial<Observations>, string]>([
    [firstIs({ status: 500 }), "responded 500, not 503"],
    [firstIs({ headers: { ...refused.headers, "retry-after": "60" } }), "Retry-After: 60"],
    [firstIs({ headers: { "retry-after": "5" } }), "no problem details"],
    [
      firstIs({ body: { ...refused.body, detail: "ECONNREFUSED 127.0.0.1" } }),
      "said ECONNREFUSED 127.0.0.1",
    ],
    [firstIs({ body: { ...refused.body, requestId: "r9" } }), "no log line has its request id"],
    [firstIs({ tookMs: 9000 }), "a call took over 8000 ms"],
    [{ many: [{ ...refused, status: 0 }] }, "a caller got no response"],
    [{ postsArrived: 2 }, "a POST was sent 2 times"],
    [{ getsArrived: 100 }, "a GET was sent 100 times"],
    [{ sentBytes: 10 ** 9 }, "1000000000 bytes were read"],
    [{ after: { ...usage, sockets: 6 } }, "sockets stay open"],
    [{ after: { ...usage, heapUsed: 20 * 2 ** 20 } }, "the heap has grown"],
    [{ recoveredAfterMs: undefined }, "never recovers"],
    [{ otherErrors: ["the other host was called"] }, "the other host was called"],
  ])("rejects %j", (of, what) => {
    expect(judge("refuses", FAULT, { ...GOOD, ...of })).toEqual([`refuses: ${what}`]);
  });
});

describe("toRow", () => {
  it("formats the observations as a row", () => {
    expect(toRow("refuses", GOOD)).toEqual({
      "the other side": "refuses",
      GET: "503 is not available at the moment (5 s)",
      ms: "4000",
      arrived: "0",
      "POST, arrived": "503, 1",
      "2 at once": "503 ×2",
      "ms at most": "4000",
      logged: "warn stock is not responding, error request failed ×2",
      MB: "2.0",
      sockets: "5 → 5",
      "heap MB": "10.0 → 10.0",
      "200 after ms": "250",
    });
  });
});
