import request from "supertest";
import { REPLACED } from "../../src/process/lifecycle";
import { createTestApp, problem } from "../../src/testing/app";

describe("X-Request-Id", () => {
  const { app } = createTestApp();
  const uuid = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

  it("is generated when the client sends none", async () => {
    const first = await request(app).get("/");
    const second = await request(app).get("/");
    expect(first.headers["x-request-id"]).toMatch(uuid);
    expect(second.headers["x-request-id"]).not.toBe(first.headers["x-request-id"]);
  });

  it.each(["abc-123", "a.b:c/d+e=f_g", "x".repeat(128)])("is kept when it is %s", async (id) => {
    expect((await request(app).get("/").set("X-Request-Id", id)).headers["x-request-id"]).toBe(id);
  });

  it.each(['"}{', "a b", "<script>", "x".repeat(129), "é"])(
    "is replaced when it is %s",
    async (id) => {
      expect((await request(app).get("/").set("X-Request-Id", id)).headers["x-request-id"]).toMatch(
        uuid,
      );
    },
  );

  it("is in problem details", async () => {
    const res = await request(app).get("/nothing").set("X-Request-Id", "find-me");
    expect(JSON.parse(res.text)).toMatchObject({ requestId: "find-me" });
  });
});

describe("security headers", () => {
  const { app } = createTestApp((router) => {
    router.get("/framed", (_req, res) => void res.set("X-Frame-Options", "DENY").json({}));
    router.get("/bare", (_req, res) => {
      res.removeHeader("Content-Security-Policy");
      res.json({});
    });
  });
  const helmetNames = [
    "content-security-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "origin-agent-cluster",
    "referrer-policy",
    "strict-transport-security",
    "x-content-type-options",
    "x-dns-prefetch-control",
    "x-download-options",
    "x-frame-options",
    "x-permitted-cross-domain-policies",
    "x-xss-protection",
  ];

  it.each(["/", "/nothing", "/livez"])("are on %s", async (path) => {
    const { headers } = await request(app).get(path);
    expect(Object.keys(headers)).toEqual(expect.arrayContaining(helmetNames));
    expect(headers).not.toHaveProperty("x-powered-by");
  });

  it("send no form or file of a page to https, and keep the Origin of its own forms", async () => {
    const { headers } = await request(app).get("/framed");
    expect(headers["content-security-policy"]).toContain("form-action 'self'");
    expect(headers["content-security-policy"]).not.toContain("upgrade-insecure-requests");
    expect(headers["referrer-policy"]).toBe("same-origin");
  });

  it("can be changed and removed by a handler", async () => {
    expect((await request(app).get("/framed")).headers["x-frame-options"]).toBe("DENY");
    expect((await request(app).get("/bare")).headers).not.toHaveProperty("content-security-policy");
  });
});

const required = (check: () => Promise<unknown>) => ({ check, isRequired: true });
const optional = (check: () => Promise<unknown>) => ({ check, isRequired: false });

describe("GET /livez", () => {
  it("responds 200 whatever the checks say, also while draining", async () => {
    const { app } = createTestApp(undefined, {
      draining: AbortSignal.abort(),
      attached: { no: required(() => Promise.reject(new Error())) },
    });
    const res = await request(app).get("/livez");
    expect([res.status, res.body, res.headers["cache-control"]]).toEqual([
      200,
      { status: "ok" },
      "no-store",
    ]);
  });
});

describe("GET /readyz", () => {
  const get = (overrides: object) =>
    request(createTestApp(undefined, overrides).app).get("/readyz");

  it("responds 200 when every check passes", async () => {
    const res = await get({
      attached: { a: required(() => Promise.resolve()), b: required(() => Promise.resolve(1)) },
    });
    expect([res.status, res.body]).toEqual([200, { status: "ok", checks: { a: "ok", b: "ok" } }]);
  });

  it("responds 503 and lists the checks that failed, hung or threw", async () => {
    const res = await get({
      attached: {
        fine: required(() => Promise.resolve()),
        failed: required(() => Promise.reject(new Error("secret detail"))),
        hanging: required(() => new Promise(() => undefined)),
        throwing: required(() => {
          throw new Error("secret detail");
        }),
      },
    });
    expect([res.status, res.type, res.headers["cache-control"]]).toEqual([
      503,
      "application/problem+json",
      "no-store",
    ]);
    expect(JSON.parse(res.text)).toEqual(
      problem(503, "Service Unavailable", {
        detail: "A check failed.",
        checks: { fine: "ok", failed: "failed", hanging: "failed", throwing: "failed" },
      }),
    );
  });

  it("responds 200 without an optional service, and lists it as failed", async () => {
    const res = await get({ attached: { cache: optional(() => Promise.reject(new Error())) } });
    expect([res.status, res.body]).toEqual([200, { status: "ok", checks: { cache: "failed" } }]);
  });

  it("responds 200 while another process takes over", async () => {
    const { app } = createTestApp(undefined, { draining: AbortSignal.abort(REPLACED) });
    const response = await request(app).get("/readyz");
    expect([response.status, response.body]).toEqual([200, { status: "ok", checks: {} }]);
  });

  it("responds 503 while draining, without running the checks", async () => {
    const check = jest.fn(() => Promise.resolve());
    const res = await get({
      draining: AbortSignal.abort(),
      attached: { check: required(check) },
    });
    expect([res.status, JSON.parse(res.text)]).toEqual([
      503,
      problem(503, "Service Unavailable", { detail: "The service is draining." }),
    ]);
    expect(check).not.toHaveBeenCalled();
  });
});
