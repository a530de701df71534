import request from "supertest";
import { type ProblemPage, setProblemPage } from "../../src/http/problem-page";
import { Problem } from "../../src/request/problem";
import { createTestApp, createTestLogger, problem } from "../../src/testing/app";

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
const { app, log } = createTestApp((router) => {
  router.get("/problem", (req) => {
    throw new Problem(
      409,
      `<script>alert("${req.query.q as string}")</script>`,
      { type: "/taken", title: "It's taken", by: "<b>&'ann'", errors: [{ pointer: "/a" }] },
      { "Retry-After": "5" },
    );
  });
  router.get("/broken", () => {
    throw new Error("secret detail");
  });
  router.get("/half-set", (_req, res) => {
    res.set({ "Content-Type": "text/csv", ETag: '"1"', Vary: "Origin", "X-Kept": "yes" });
    throw new Error("late");
  });
});
const get = (path: string, accept: string | undefined = BROWSER) => {
  const asked = request(app).get(path);
  return accept === "" ? asked : asked.set("Accept", accept);
};

describe("a problem, for a browser", () => {
  it("is a page with the same status and headers, and nothing in it is markup", async () => {
    const [page, json] = await Promise.all([get("/problem?q=x"), get("/problem?q=x", "")]);
    expect([page.status, page.headers["content-type"], page.headers.vary]).toEqual([
      409,
      "text/html; charset=utf-8",
      "Accept",
    ]);
    expect(page.text).toContain("<title>409 It&#39;s taken</title>");
    expect(page.text).toContain("<h1>409 It&#39;s taken</h1>");
    expect(page.text).toContain("<p>&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;</p>");
    expect(page.text).toContain("<pre>&quot;&lt;b&gt;&amp;&#39;ann&#39;&quot;</pre>");
    expect(page.text).toContain("&quot;pointer&quot;: &quot;/a&quot;");
    expect(page.text).toContain(`Request ${page.headers["x-request-id"] as string}`);
    expect(page.text).not.toMatch(/<script|<b>|<[^>]* on\w+=/);
    expect(page.headers["content-length"]).toBe(String(Buffer.byteLength(page.text)));
    const others = ({ headers }: typeof page) => {
      const { vary: _vary, ...rest } = headers as Record<string, string>;
      for (const name of ["content-type", "content-length", "date", "x-request-id"])
        delete rest[name];
      return rest;
    };
    expect(others(page)).toEqual(others(json));
    expect(others(page)).toMatchObject({
      "retry-after": "5",
      "content-security-policy": expect.stringContaining("default-src 'self'") as string,
      "x-content-type-options": "nosniff",
    });
  });

  it("says nothing of what failed inside, and is logged", async () => {
    const res = await get("/broken");
    expect([res.status, res.type]).toEqual([500, "text/html"]);
    expect(res.text).toContain("<h1>500 Internal Server Error</h1>");
    expect(res.text).not.toMatch(/secret|Error:|at /);
    expect(log.at(-1)).toMatchObject({ status: 500 });
  });

  it("replaces what a handler had set, but keeps Vary", async () => {
    const { headers } = await get("/half-set");
    expect(headers).toMatchObject({ vary: "Origin, Accept", "x-kept": "yes" });
    expect(headers).not.toHaveProperty("etag");
  });

  it.each(["/nothing", "/%E0", "/readyz?"])("is a page at %s", async (path) => {
    const res = await get(path.replace("?", ""));
    expect([res.type, res.text]).toEqual([
      path === "/readyz?" ? "application/json" : "text/html",
      expect.any(String),
    ]);
  });

  it("has no body for HEAD", async () => {
    const res = await request(app).head("/nothing").set("Accept", BROWSER);
    expect([res.status, res.type, res.text]).toEqual([404, "text/html", undefined]);
  });
});

describe("a problem, for a program", () => {
  it.each([
    "",
    "*/*",
    "application/json",
    "application/json, text/html",
    "application/problem+json;q=0.9, text/html;q=0.8",
    "text/html;q=0, */*",
    "text/html;q=0.5, application/*",
    "text/plain",
    "text/htmlx",
    ",",
  ])("is JSON for Accept: %j", async (accept) => {
    const res = await get("/nothing", accept);
    expect([res.status, res.type, JSON.parse(res.text)]).toEqual([
      404,
      "application/problem+json",
      problem(404, "Not Found", { detail: "There is nothing at this path." }),
    ]);
    expect(res.headers).not.toHaveProperty("vary");
  });

  it.each(["text/html", "text/html, */*", "TEXT/HTML;q=1, application/json;q=0.9"])(
    "is a page for Accept: %j",
    async (accept) => expect((await get("/nothing", accept)).type).toBe("text/html"),
  );
});

describe("a page of one's own", () => {
  it("replaces the plain one, also where no route is; one that throws does not", async () => {
    const { logger, log: lines } = createTestLogger();
    const { app: own } = createTestApp(undefined, { logger });
    const page: ProblemPage = ({ status, title, detail }, req) => {
      if (req.path === "/broken-page") throw new Error("no page");
      return `<h1>${status}: ${title}</h1><p>${detail}</p>`;
    };
    setProblemPage(own, { page, logger });
    const ask = (path: string) => request(own).get(path).set("Accept", BROWSER);
    const res = await ask("/nothing");
    expect([res.status, res.text]).toEqual([
      404,
      "<h1>404: Not Found</h1><p>There is nothing at this path.</p>",
    ]);
    expect((await ask("/broken-page")).text).toContain("<title>404 Not Found</title>");
    expect(lines).toContainEqual(
      expect.objectContaining({
        msg: "the problem page failed",
        requestId: expect.any(String) as string,
        err: expect.objectContaining({ message: "no page" }) as object,
      }),
    );
  });
});
